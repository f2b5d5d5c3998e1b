"""The words of the field, in the standard library only: instruments, money, orders, reasons, events, state."""
