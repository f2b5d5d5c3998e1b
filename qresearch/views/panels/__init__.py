"""The workbench: panels to step, trade, see and set costs, alone or together."""
