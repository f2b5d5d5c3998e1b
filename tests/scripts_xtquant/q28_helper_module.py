# The parts of a larger tool stand in files of their own, beside the script.
import time

from q28_parts import config
from q28_parts.clock import in_hours
from q28_parts.trader import Trader

tool = Trader(config.ACCOUNT)
while not in_hours():
    time.sleep(30)
print(tool.buy("604018.SH", 200), time.strftime("%H:%M"))
time.sleep(2)
print(tool.status())
