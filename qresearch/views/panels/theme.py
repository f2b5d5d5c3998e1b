"""Style sheet of the panels: quiet, light or dark, rising prices red or green."""

from __future__ import annotations

_VARIABLES = """
.qr-desk{--qr-ground:#ffffff;--qr-card:#ffffff;--qr-soft:#f5f6f8;--qr-line:#e2e5ea;--qr-text:#1f2937;--qr-faint:#667085;
--qr-main:#1d4ed8;--qr-on-main:#ffffff;--qr-good:#15803d;--qr-bad:#b91c1c;--qr-wait:#b45309;--qr-odd:#6d28d9;
--qr-red:#c62828;--qr-green:#1b7f4b;--qr-bad-ground:#fef2f2;--qr-said-ground:#eff5ff;color-scheme:light}
.qr-desk.qr-dark{--qr-ground:#0f1520;--qr-card:#161d2b;--qr-soft:#1d2636;--qr-line:#2f3a4d;--qr-text:#e7ebf2;
--qr-faint:#9aa6b8;--qr-main:#6aa0ff;--qr-on-main:#0b1220;--qr-good:#4ade80;--qr-bad:#fb7185;--qr-wait:#fbbf24;
--qr-odd:#c4a5ff;--jp-widgets-dropdown-arrow:url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
viewBox='0 0 18 18'%3E%3Cpath d='M5 7.5l4 4 4-4' fill='none' stroke='%239aa6b8' stroke-width='1.6'/%3E%3C/svg%3E");
--qr-red:#ef5350;--qr-green:#34c77b;--qr-bad-ground:#3a1620;--qr-said-ground:#17263f;color-scheme:dark}
.qr-desk.qr-red-up{--qr-up:var(--qr-red);--qr-down:var(--qr-green)}
.qr-desk.qr-green-up{--qr-up:var(--qr-green);--qr-down:var(--qr-red)}
.qr-desk{--jp-widgets-color:var(--qr-text);--jp-widgets-label-color:var(--qr-faint);--jp-widgets-font-size:13px;
--jp-widgets-input-color:var(--qr-text);--jp-widgets-input-background-color:var(--qr-card);
--jp-widgets-input-border-color:var(--qr-line);--jp-widgets-input-focus-border-color:var(--qr-main);
--jp-widgets-input-font-size:13px;--jp-widgets-inline-height:30px;--jp-widgets-margin:2px;
--jp-ui-font-color0:var(--qr-text);--jp-ui-font-color1:var(--qr-text);--jp-ui-font-color2:var(--qr-faint);
--jp-content-font-color0:var(--qr-text);--jp-content-font-color1:var(--qr-text);
--jp-layout-color0:var(--qr-card);--jp-layout-color1:var(--qr-card);--jp-layout-color2:var(--qr-soft);
--jp-layout-color3:var(--qr-line);--jp-border-color0:var(--qr-line);--jp-border-color1:var(--qr-line);
--jp-border-color2:var(--qr-line);--jp-brand-color1:var(--qr-main);--jp-brand-color2:var(--qr-main);
--jp-brand-color3:var(--qr-soft);--jp-rendermime-table-row-background:transparent;
--jp-widgets-horizontal-tab-width:0;--jp-widgets-slider-active-handle-color:var(--qr-main);
--jp-widgets-slider-handle-background-color:var(--qr-card);--jp-widgets-slider-handle-border-color:var(--qr-main)}
"""

_FRAME = """
.qr-desk{background:var(--qr-ground);color:var(--qr-text);font:13px/1.45 system-ui,-apple-system,"Segoe UI",
"Helvetica Neue",Arial,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;padding:10px;border-radius:8px;
border:1px solid var(--qr-line);box-sizing:border-box;width:100%;max-width:100%;overflow:hidden;gap:8px}
.qr-desk *{box-sizing:border-box}
.qr-desk .widget-html-content,.qr-desk .jupyter-widget-html-content,.qr-desk .widget-html>div{line-height:1.45;
color:var(--qr-text);font-size:13px;align-self:stretch;width:100%}
.qr-desk .widget-html,.qr-desk .jupyter-widgets.widget-html{height:auto;margin:0}
.qr-desk>.widget-html:first-child{display:none}
.qr-panel{background:var(--qr-card);border:1px solid var(--qr-line);border-radius:6px;padding:8px 10px;overflow:hidden;
min-width:0}
.qr-panel>.widget-html,.qr-body{margin:0;overflow:hidden;min-width:0}
.qr-body{overflow:visible}
.qr-said,.qr-error{border-radius:4px;padding:4px 8px;margin-bottom:6px;overflow-wrap:anywhere;max-height:9.5em;
overflow-y:auto}
.qr-timeline>.qr-note{order:2}.qr-timeline>.qr-note .qr-said,.qr-timeline>.qr-note .qr-error{margin:6px 0 0}
.qr-said{background:var(--qr-said-ground);color:var(--qr-text)}
.qr-error{background:var(--qr-bad-ground);color:var(--qr-bad);border-left:3px solid var(--qr-bad)}
.qr-label,.qr-more{color:var(--qr-faint);white-space:nowrap}
.qr-title{font-weight:600;margin:6px 0 3px}
.qr-empty{color:var(--qr-faint);padding:10px 2px}
.qr-up{color:var(--qr-up)}.qr-down{color:var(--qr-down)}.qr-flat{color:var(--qr-faint)}
.qr-buy{color:var(--qr-up);font-weight:600}.qr-sell{color:var(--qr-down);font-weight:600}
.qr-wait{color:var(--qr-wait);font-weight:600}
.qr-state-queued,.qr-state-partly,.qr-state-replace_pending{color:var(--qr-wait)}
.qr-state-working{color:var(--qr-main)}.qr-state-filled{color:var(--qr-good)}
.qr-state-canceled{color:var(--qr-faint)}.qr-state-expired{color:var(--qr-odd)}.qr-state-rejected{color:var(--qr-bad)}
[class*="qr-state-"]{font-weight:600;white-space:nowrap}
"""

_CONTROLS = """
.qr-desk .jupyter-button{background:var(--qr-soft);color:var(--qr-text);border:1px solid var(--qr-line);
border-radius:5px;box-shadow:none;padding:0 12px;height:30px;line-height:28px;font-size:13px;min-width:0;
overflow:visible;text-overflow:clip}
.qr-desk .jupyter-button:hover:enabled{border-color:var(--qr-main);box-shadow:none}
.qr-desk .jupyter-button:disabled{opacity:.45}
.qr-desk .jupyter-button.mod-primary{background:var(--qr-main);color:var(--qr-on-main);border-color:var(--qr-main);
font-weight:600}
.qr-desk button:focus-visible,.qr-desk input:focus-visible,.qr-desk select:focus-visible,.qr-desk canvas:focus-visible,
.qr-desk .noUi-handle:focus-visible{outline:2px solid var(--qr-main);outline-offset:1px;box-shadow:none}
.qr-desk input,.qr-desk select{border-radius:5px!important;color-scheme:inherit}
.qr-desk input,.qr-desk select,.qr-desk .jupyter-button{font-family:inherit}
.qr-desk .widget-dropdown>select{padding-right:22px;text-overflow:ellipsis}
.qr-moment{justify-content:space-between;align-items:baseline;flex-wrap:wrap;overflow:visible;column-gap:24px}
.qr-moment>.widget-html{width:auto;flex:0 1 auto}
.qr-now{font-weight:650;font-size:15px;white-space:nowrap}
.qr-account{color:var(--qr-faint);white-space:nowrap;font-variant-numeric:tabular-nums}
.qr-account b{margin-right:12px;color:var(--qr-text)}.qr-account b:last-child{margin-right:0}
.qr-account b.qr-up{color:var(--qr-up)}.qr-account b.qr-down{color:var(--qr-down)}
.qr-buttons{flex-wrap:wrap;gap:6px 18px;overflow:visible;margin:4px 0}
.qr-group{gap:4px;align-items:center;overflow:visible}
.qr-group>*{margin:0!important;flex:0 0 auto}.qr-group .widget-html{width:auto}
.qr-days{overflow:visible;padding:0 2px;margin-top:2px}
.qr-strip{width:100%}.qr-strip svg{display:block;width:100%;height:22px}
.qr-strip .widget-html-content{line-height:0}
.qr-all{fill:var(--qr-line)}.qr-kept{fill:var(--qr-faint);opacity:.55}.qr-past{fill:var(--qr-main)}
.qr-strip path{vector-effect:non-scaling-stroke;fill:none;stroke-width:1.4}
.qr-strip .qr-mark-placed{stroke:var(--qr-faint)}
.qr-strip .qr-mark-filled{stroke:var(--qr-good);fill:var(--qr-good)}
.qr-strip .qr-mark-rejected{stroke:var(--qr-bad)}.qr-strip .qr-ahead{opacity:.35}
.qr-slider{margin:0!important;height:20px}.qr-slider .slider-container{padding:0;margin:0}
.qr-desk .qr-slider{margin-top:-12px!important;position:relative;width:100%}
.qr-desk .qr-slider .noUi-connect,.qr-desk .qr-slider .noUi-target,.qr-desk .qr-slider .noUi-connects{
background:transparent!important;border:none!important;box-shadow:none!important}
.qr-desk .qr-slider .noUi-handle{background:var(--qr-card);border:2px solid var(--qr-main);cursor:grab}
"""

_TICKET = """
.qr-desk .qr-line{margin:3px 0;width:auto;min-width:0}
.qr-desk .qr-line>.widget-label{flex:0 0 76px;width:76px!important;min-width:76px;text-align:left;color:var(--qr-faint);
white-space:nowrap;overflow:hidden;text-overflow:ellipsis;margin:0 8px 0 0!important;padding:0}
.qr-desk .qr-line>:not(.widget-label){min-width:0}
.qr-desk .qr-side .widget-toggle-buttons>div,.qr-desk .qr-side>div{display:flex;gap:6px;flex:1 1 auto;flex-wrap:nowrap}
.qr-desk .qr-side.qr-line{flex-wrap:nowrap;display:flex}
.qr-desk .qr-side .widget-toggle-button{flex:1;width:auto;margin:0;text-align:center}
.qr-desk .qr-side .widget-toggle-button.mod-active{color:var(--qr-on-main);border-color:transparent;font-weight:600;
box-shadow:none}
.qr-desk .qr-side .widget-toggle-button:first-child.mod-active{background:var(--qr-up)}
.qr-desk .qr-side .widget-toggle-button:last-child.mod-active{background:var(--qr-down)}
.qr-desk .qr-unseen>.widget-label,.qr-desk .qr-chart-head .qr-symbol>.widget-label{
position:absolute;width:1px!important;height:1px;overflow:hidden;clip-path:inset(50%);
margin:0;padding:0;white-space:nowrap;min-width:0}
.qr-instrument{margin:0 0 6px}
.qr-preview{border-top:1px solid var(--qr-line);margin-top:6px!important}
.qr-check{margin:2px 0;overflow-wrap:anywhere}
.qr-check.qr-fails{color:var(--qr-bad)}.qr-check.qr-passes>span{color:var(--qr-good)}
.qr-desk .qr-preview table,.qr-desk table.qr-pairs{margin:4px 0;border:none;border-collapse:collapse;width:100%;
font-size:13px}
.qr-desk .qr-preview th{font-weight:400;color:var(--qr-faint);text-align:left;padding:1px 0;background:none;border:none}
.qr-desk .qr-preview td{text-align:right;padding:1px 0;border:none;font-variant-numeric:tabular-nums}
.qr-desk .qr-place{width:100%!important;margin:6px 0 0;height:34px}
.qr-order{margin-top:8px}.qr-why{margin-top:2px}
"""

_TABLES = """
.qr-rows{overflow-x:auto;overflow-y:hidden;align-items:flex-start;gap:4px}
.qr-keys{flex:0 0 auto;overflow:visible;gap:0}
.qr-keys>.widget-html{height:26px!important}
.qr-th{height:26px;line-height:26px;color:var(--qr-faint);white-space:nowrap;font-weight:500;padding:0 6px}
.qr-desk .qr-keys .jupyter-button{height:22px!important;line-height:20px;margin:2px 0!important;padding:0 8px;
font-size:12px;font-variant-numeric:tabular-nums;width:100%}
.qr-desk .qr-row-cancel{color:var(--qr-bad)}
.qr-table{flex:1 1 auto;min-width:0;margin:0!important}
.qr-desk .qr-table table{width:100%;border-collapse:collapse;border:none;font-size:12.5px;margin:0;
font-variant-numeric:tabular-nums}
.qr-desk .qr-table th{height:26px;padding:0 8px;color:var(--qr-faint);font-weight:500;white-space:nowrap;
border:none;border-bottom:1px solid var(--qr-line);background:none;vertical-align:middle}
.qr-desk .qr-table td{height:26px;padding:0 8px;white-space:nowrap;border:none;border-bottom:1px solid var(--qr-line);
vertical-align:middle;max-width:0;min-width:fit-content;color:var(--qr-text)}
.qr-desk .qr-table td:not(.qr-grows){max-width:none}
.qr-desk .qr-table td.qr-grows{overflow:hidden;text-overflow:ellipsis;width:60%;min-width:120px}
.qr-desk .qr-table tbody tr{background:none}.qr-desk .qr-table tbody tr:hover{background:var(--qr-soft)}
.qr-desk .qr-left{text-align:left!important}.qr-desk .qr-right{text-align:right!important}
.qr-foot,.qr-form{gap:8px;align-items:center;flex-wrap:wrap;overflow:visible;margin-top:6px}
.qr-foot>*,.qr-form>*{margin:0!important}.qr-foot>.widget-html,.qr-form>.widget-html{width:auto}
.qr-form{border-top:1px solid var(--qr-line);padding-top:6px}
.qr-desk .qr-facts{display:flex;flex-flow:row wrap;gap:6px 26px;margin:0}
.qr-desk .qr-facts div{display:flex;flex-direction:column;flex:0 0 auto}
.qr-desk .qr-facts dt{color:var(--qr-faint);font-weight:400;width:auto;float:none}
.qr-desk .qr-facts dd{margin:0;width:auto;font-weight:600;font-variant-numeric:tabular-nums}
.qr-explain{overflow:auto;max-height:460px}
.qr-desk .qr-explain table{border-collapse:collapse;font-size:12.5px;margin:4px 0;
border:none}
.qr-desk .qr-explain th,.qr-desk .qr-explain td{text-align:left;padding:2px 10px 2px 0;border:none;
border-bottom:1px solid var(--qr-line);background:none;vertical-align:top;color:var(--qr-text);white-space:normal}
.qr-desk .qr-explain tbody tr{background:none}
.qr-life{overflow-x:auto}.qr-life svg{max-width:100%;height:auto;background:#fff;border-radius:6px}
"""

_BENCH = """
.qr-bench{gap:8px;overflow:visible}
.qr-main{gap:8px;align-items:stretch;overflow:visible}
.qr-main>.qr-left-side{flex:1 1 auto;min-width:0;overflow:hidden}
.qr-main>.qr-right-side{flex:0 0 316px;width:316px;overflow:hidden}
.qr-left-side>*{flex:1 1 auto}
.qr-left-side .qr-chart>.qr-body,.qr-desk .qr-live{flex:1 1 auto}
.qr-desk .qr-live{display:flex;flex-direction:column}
.qr-right-side>*{flex:1 1 auto}
.qr-desk .qr-tabs{overflow:visible}
.qr-desk .qr-tabs.widget-tab>.lm-TabBar{overflow:visible;font:inherit;min-height:32px;
border-bottom:1px solid var(--qr-line)}
.qr-desk .qr-tabs.widget-tab>.lm-TabBar .lm-TabBar-content{align-items:stretch;flex-wrap:wrap}
.qr-desk .qr-tabs.widget-tab>.lm-TabBar .lm-TabBar-tab{flex:0 1 auto;min-width:0;max-width:none;padding:0 12px;margin:0;
background:none;border:none;border-bottom:2px solid transparent;color:var(--qr-faint);line-height:30px;height:32px;
min-height:0;font:inherit;transform:none;top:0}
.qr-desk .qr-tabs.widget-tab>.lm-TabBar .lm-TabBar-tab:hover:not(.lm-mod-current){background:var(--qr-soft);
color:var(--qr-text)}
.qr-desk .qr-tabs.widget-tab>.lm-TabBar .lm-TabBar-tab.lm-mod-current{color:var(--qr-text);font-weight:600;
border-bottom-color:var(--qr-main);background:none}
.qr-desk .qr-tabs.widget-tab>.lm-TabBar .lm-TabBar-tab.lm-mod-current:before{display:none}
.qr-desk .qr-tabs .lm-TabBar-tabLabel{overflow:visible}
.qr-desk .qr-tabs.widget-tab>.widget-tab-contents{border:none;padding:0;background:none;overflow:visible}
.qr-desk .qr-tabs.widget-tab>.widget-tab-contents>*{margin:0}
.qr-tabs .qr-panel{border:none;padding:8px 2px}
.qr-desk .qr-panel.qr-workbench{border:none;padding:0;background:none;overflow:visible}
.qr-workbench>.qr-body{gap:8px}
.qr-tabs{background:var(--qr-card);border:1px solid var(--qr-line);border-radius:6px;padding:0 10px 4px}
@media (max-width:1080px){.qr-main>.qr-right-side{flex-basis:270px;width:270px}.qr-buttons{column-gap:12px}}
@media (max-width:760px){.qr-main{flex-direction:column}.qr-main>.qr-right-side{flex:none;width:100%}}
"""


_PARTS = """
.qr-chart-head{align-items:center;gap:4px 12px;overflow:visible;flex-wrap:wrap;margin-bottom:2px}
.qr-chart-head>.qr-symbol{flex:0 0 230px;width:230px;margin:0}
.qr-chart-head>.qr-chart-facts{flex:1 1 320px;width:auto;font-variant-numeric:tabular-nums}
.qr-chart .widget-html:last-child .qr-hint{color:var(--qr-faint);font-size:12px}
.qr-desk .qr-png-chart{border-radius:4px;margin:0}
.qr-cost-form{display:grid!important;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:2px 28px;
overflow:visible}
.qr-desk .qr-cost-form .qr-line>.widget-label{flex:0 0 142px;width:142px!important;min-width:142px}
.qr-problems>div:empty,.qr-problems .widget-html-content:empty{display:none}
.qr-costs .qr-table{overflow-x:auto}
.qr-costs .qr-table tbody tr:last-child td{border-bottom:none;padding-top:2px}
.qr-desk .qr-mode .widget-toggle-button{width:auto;margin:0 4px 0 0}
.qr-desk .qr-mode .widget-toggle-button.mod-active{background:var(--qr-main);color:var(--qr-on-main);box-shadow:none}
.qr-question .qr-title{font-size:15px}
.qr-desk .qr-practice .qr-table td{white-space:normal;padding:4px 8px}
.qr-desk .qr-answer{min-width:84px}
.qr-practice .qr-passes{color:var(--qr-good)}.qr-practice .qr-fails{color:var(--qr-bad)}
"""


def style() -> str:
    """The style sheet, as an HTML element: every frame of panels carries it, so that it needs no network."""
    sheet = "".join((_VARIABLES, _FRAME, _CONTROLS, _TICKET, _TABLES, _BENCH, _PARTS))
    return f"<style>{sheet}</style>"
