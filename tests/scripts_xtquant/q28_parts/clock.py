import datetime


def in_hours():
    return datetime.time(9, 30) <= datetime.datetime.now().time() < datetime.time(15, 0)
