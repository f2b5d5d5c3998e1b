"""Time, memory and the read model: the workbench around the simulator."""
