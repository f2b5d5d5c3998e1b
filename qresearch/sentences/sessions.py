"""What a session says: its messages, why a run stopped, and how it, its orders and its account show themselves."""

from __future__ import annotations

SESSIONS = {
    # ---- where it stands
    "moment": ("{day} {phase} (trading day {number} of {count})", "{day} {phase}(第 {number} / {count} 个交易日)"),
    "before_first_day": ("before the first trading day, {day}", "首个交易日 {day} 之前"),
    # ---- steps and runs
    "redid_step": ("Redid 1 kept step without calling the strategy.", "已重走保留的 1 步,未调用策略。"),
    "redid_steps": ("Redid {count} kept steps without calling the strategy.", "已重走保留的 {count} 步,未调用策略。"),
    "ran_step_again": ("Ran 1 step again: the same events.", "已重新运行 1 步:事件相同。"),
    "ran_steps_again": ("Ran {count} steps again: the same events.", "已重新运行 {count} 步:事件相同。"),
    "rerun_differs": (
        "Run again, {day} gives other events: opened branch {branch!r}; the old future is kept.",
        "重新运行后 {day} 的事件不同:已新建分支 {branch!r},原有未来保留。",
    ),
    "steps_short": (
        "The session ends here: {done} of the {count} steps were there to take.",
        "会话到此结束:要求 {count} 步,只能前进 {done} 步。",
    ),
    "strategy_changed": (
        "The strategy has changed: it runs from {moment} on branch {branch!r}; the old future is kept on {old!r}.",
        "策略已更改:自 {moment} 起在分支 {branch!r} 上运行,原有未来保留在 {old!r}。",
    ),
    "stopped_at": ("Stopped at {moment}: {why}.", "停在 {moment}:{why}。"),
    "condition_holds": ("the condition holds", "条件成立"),
    "nothing_traded": ("Nothing was traded: {count} orders, {reasons}.", "没有成交:{count} 笔委托,{reasons}。"),
    "none_ended": ("none ended yet", "尚无结束"),
    "script_notices": ("Notices of the script: {summary}", "脚本提示:{summary}"),
    "left_debugger": ("Left the debugger: the session stands before this step.", "已退出调试器:会话停在这一步之前。"),
    "interrupted": (
        "{call} was interrupted{place}: {done}. The session stands at {moment}, branch {branch!r}.",
        "{call} 被中断{place}:{done}。会话停在 {moment},分支 {branch!r}。",
    ),
    "in_line": (" in line {line} of {file}{code}", ",位于 {file} 第 {line} 行{code}"),
    "stop_kept": ("1 stop of it is kept", "保留其中 1 个时刻"),
    "stops_kept": ("{count} stops of it are kept", "保留其中 {count} 个时刻"),
    "nothing_done": ("nothing of it was done", "未产生任何变化"),
    "all_done": ("it has been done", "已全部完成"),
    # ---- breakpoints
    "breakpoint_hit": ("breakpoint {number}, {what}", "断点 {number},{what}"),
    "of_symbol": ("{what} of {symbol}", "{symbol} 的 {what}"),
    "only_when": ("{what} when {when}", "{what},且 {when}"),
    "goes_above": ("above {bound}", "高于 {bound}"),
    "goes_below": ("below {bound}", "低于 {bound}"),
    "or": (" or ", " 或 "),
    "met_by": ("{what}: {event}", "{what}:{event}"),
    "order_filled": ("order {order} filled {shares} at {price}", "委托 {order} 以 {price} 成交 {shares} 股"),
    "order_of": ("order {order} {symbol}", "委托 {order} {symbol}"),
    "reason_of": ("{subject} {code}: {sentence}", "{subject} {code}:{sentence}"),
    "list_comma": ("; ", ";"),
    # ---- branches and the strategy
    "branch_opened": ("Opened branch {branch!r} from {parent!r}.", "已从 {parent!r} 新建分支 {branch!r}。"),
    "acted_from_past": (
        "Acting from the past opened branch {branch!r}; the old future is kept.",
        "在过去的时刻操作,已新建分支 {branch!r},原有未来保留。",
    ),
    "strategy_is": ("The strategy is now {name!r}.", "当前策略为 {name!r}。"),
    "runs_on_new_branch": (
        "step() and run() run it from here on a new branch; the future that is kept was made without it.",
        "step() 与 run() 将从这里在新分支上运行它;保留的未来不是由它产生的。",
    ),
    "functions_replaced": ("Replaced {names}; the next step uses it.", "已替换 {names};下一步起生效。"),
    "resumed": ("Resumed {name}: {count} entries done again.", "已恢复 {name}:重做 {count} 条记录。"),
    # ---- what shows itself
    "session_at": (
        "<Session {moment}; branch {branch}; equity {equity}>",
        "<会话 {moment};分支 {branch};总资产 {equity}>",
    ),
    "a_branch": ("branch", "分支"),
    "portfolio_is": (
        "<Portfolio equity {equity}: cash {cash} + {count} positions worth {value}; profit {profit}>",
        "<账户 总资产 {equity}:资金 {cash} + {count} 个持仓,市值 {value};盈亏 {profit}>",
    ),
    "holdings_are": ("<Holdings {held}>", "<持仓 {held}>"),
    "locked_shares": ("Locked", "锁定"),
    "ticket_of": ("<Ticket {order}: {what}>", "<委托 {order}:{what}>"),
    "order_is": ("{side} {shares} {symbol}, {state}", "{side} {shares} 股 {symbol},{state}"),
    "filled_at": (", filled {shares} at {price}", ",成交 {shares} 股,均价 {price}"),
    "not_yet_placed": ("not yet placed at this point of the timeline", "在时间轴的这一刻尚未提交"),
    "nothing": ("nothing", "无申报"),
    "at_price": (" at {price}", ",均价 {price}"),
    "leaves_of": ("Leaves", "剩余"),
    "preview_of": (
        "<Preview: {side} {quantity} {symbol} at {about}{price}: value {value}, fees {fees}, cash {cash} -> "
        "{after}{failed}>",
        "<预览:{side} {quantity} 股 {symbol},价格{about} {price}:金额 {value},费用 {fees},资金 {cash} -> "
        "{after}{failed}>",
    ),
    "about": ("about ", "约"),
    "preview_refused": ("<Preview: {asked} would be refused. {failed}>", "<预览:{asked} 将被拒。{failed}>"),
    "what_if": ("What if", "假如"),
    "numbers": ("Numbers", "数值"),
    "in_currency": ("Currency", "货币金额"),
    "branch_is": (
        "{name}{forked}: to {end}, {orders} orders, equity {equity}",
        "{name}{forked}:至 {end},{orders} 笔委托,总资产 {equity}",
    ),
    "branch_from": (", from {day}", ",自 {day}"),
    "the_start": ("the start", "起点"),
    "forked": ("Forked", "分出日"),
    "end_day": ("End", "结束日"),
    "stops": ("Stops", "时刻"),
    "all_orders": ("Orders", "委托数"),
    "comparison_same": ("<Comparison of {a} and {b}: no event differs>", "<比较 {a} 与 {b}:事件相同>"),
    "comparison_is": (
        "<Comparison of {a} and {b}: they differ from {day} on ({told}){gap}>",
        "<比较 {a} 与 {b}:自 {day} 起不同({told}){gap}>",
    ),
    "equity_gap": ("; equity {gap} on {day}", ";{day} 总资产相差 {gap}"),
    "and": ("and", "与"),
    "no_event_differs": ("No event differs.", "事件相同。"),
    "first_difference": ("First difference", "首个差异"),
    "equity_at_end": ("Equity at the end of both", "双方结束时的总资产"),
    "breakpoint_is": (
        "<Breakpoint {number} {name!r}: {text}{state}; {hits} hits>",
        "<断点 {number} {name!r}:{text}{state};命中 {hits} 次>",
    ),
    "disabled": (", disabled", ",已停用"),
    "breakpoints_are": ("<Breakpoints: {count}>", "<断点:{count} 个>"),
    "number": ("Number", "编号"),
    "name": ("Name", "名称"),
    "stops_on": ("Stops on", "条件"),
    "enabled": ("Enabled", "启用"),
    "hits": ("Hits", "命中"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    # ---- orders
    "not_canceled": ("Order {order} was not canceled. {why}", "委托 {order} 未能撤销。{why}"),
    "not_changed": ("Order {order} was not changed. {why}", "委托 {order} 未能修改。{why}"),
    "why_refused": ("{code}: {sentence}", "{code}:{sentence}"),
}
