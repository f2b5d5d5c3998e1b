"""The enumerations of LEAN, each member in both spellings."""

from __future__ import annotations

from enum import IntEnum

from qresearch.dialects.lean.names import Listed, ListedEnum


class OrderType(IntEnum, metaclass=ListedEnum):
    """Types of order."""

    MARKET = Market = 0
    LIMIT = Limit = 1
    STOP_MARKET = StopMarket = 2
    STOP_LIMIT = StopLimit = 3
    MARKET_ON_OPEN = MarketOnOpen = 4
    MARKET_ON_CLOSE = MarketOnClose = 5
    OPTION_EXERCISE = OptionExercise = 6
    LIMIT_IF_TOUCHED = LimitIfTouched = 7
    COMBO_MARKET = ComboMarket = 8
    COMBO_LIMIT = ComboLimit = 9
    COMBO_LEG_LIMIT = ComboLegLimit = 10
    TRAILING_STOP = TrailingStop = 11


class OrderStatus(IntEnum, metaclass=ListedEnum):
    """States of an order; there is no 4."""

    NEW = New = 0
    SUBMITTED = Submitted = 1
    PARTIALLY_FILLED = PartiallyFilled = 2
    FILLED = Filled = 3
    CANCELED = Canceled = 5
    NONE = None_ = 6
    INVALID = Invalid = 7
    CANCEL_PENDING = CancelPending = 8
    UPDATE_SUBMITTED = UpdateSubmitted = 9

    @property
    def is_closed(self) -> bool:
        """True for filled, canceled and invalid."""
        return self in _CLOSED

    @property
    def is_fill(self) -> bool:
        """True for filled and partially filled."""
        return self in _FILLS


_CLOSED = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.INVALID})
_FILLS = frozenset({OrderStatus.FILLED, OrderStatus.PARTIALLY_FILLED})


class OrderDirection(IntEnum, metaclass=ListedEnum):
    """Which way an order trades."""

    BUY = Buy = 0
    SELL = Sell = 1
    HOLD = Hold = 2


class OrderField(IntEnum, metaclass=ListedEnum):
    """What ``ticket.get`` reads."""

    LIMIT_PRICE = LimitPrice = 0
    STOP_PRICE = StopPrice = 1
    TRIGGER_PRICE = TriggerPrice = 2
    TRAILING_AMOUNT = TrailingAmount = 3
    TRAILING_AS_PERCENTAGE = TrailingAsPercentage = 4


class OrderRequestType(IntEnum, metaclass=ListedEnum):
    """What a request asks."""

    SUBMIT = Submit = 0
    UPDATE = Update = 1
    CANCEL = Cancel = 2


class OrderRequestStatus(IntEnum, metaclass=ListedEnum):
    """How far a request is."""

    UNPROCESSED = Unprocessed = 0
    PROCESSING = Processing = 1
    PROCESSED = Processed = 2
    ERROR = Error = 3


class OrderResponseErrorCode(IntEnum, metaclass=ListedEnum):
    """Why a request was refused."""

    NONE = None_ = 0
    PROCESSING_ERROR = ProcessingError = -1
    ORDER_ALREADY_EXISTS = OrderAlreadyExists = -2
    INSUFFICIENT_BUYING_POWER = InsufficientBuyingPower = -3
    BROKERAGE_MODEL_REFUSED_TO_SUBMIT_ORDER = BrokerageModelRefusedToSubmitOrder = -4
    BROKERAGE_FAILED_TO_SUBMIT_ORDER = BrokerageFailedToSubmitOrder = -5
    BROKERAGE_FAILED_TO_UPDATE_ORDER = BrokerageFailedToUpdateOrder = -6
    BROKERAGE_HANDLER_REFUSED_TO_UPDATE_ORDER = BrokerageHandlerRefusedToUpdateOrder = -7
    BROKERAGE_FAILED_TO_CANCEL_ORDER = BrokerageFailedToCancelOrder = -8
    INVALID_ORDER_STATUS = InvalidOrderStatus = -9
    UNABLE_TO_FIND_ORDER = UnableToFindOrder = -10
    ORDER_QUANTITY_ZERO = OrderQuantityZero = -11
    UNSUPPORTED_REQUEST_TYPE = UnsupportedRequestType = -12
    PRE_ORDER_CHECKS_ERROR = PreOrderChecksError = -13
    MISSING_SECURITY = MissingSecurity = -14
    EXCHANGE_NOT_OPEN = ExchangeNotOpen = -15
    SECURITY_PRICE_ZERO = SecurityPriceZero = -16
    FOREX_BASE_AND_QUOTE_CURRENCIES_REQUIRED = ForexBaseAndQuoteCurrenciesRequired = -17
    FOREX_CONVERSION_RATE_ZERO = ForexConversionRateZero = -18
    SECURITY_HAS_NO_DATA = SecurityHasNoData = -19
    EXCEEDED_MAXIMUM_ORDERS = ExceededMaximumOrders = -20
    MARKET_ON_CLOSE_ORDER_TOO_LATE = MarketOnCloseOrderTooLate = -21
    INVALID_REQUEST = InvalidRequest = -22
    REQUEST_CANCELED = RequestCanceled = -23
    ALGORITHM_WARMING_UP = AlgorithmWarmingUp = -24
    BROKERAGE_MODEL_REFUSED_TO_UPDATE_ORDER = BrokerageModelRefusedToUpdateOrder = -25
    QUOTE_CURRENCY_REQUIRED = QuoteCurrencyRequired = -26
    CONVERSION_RATE_ZERO = ConversionRateZero = -27
    NON_TRADABLE_SECURITY = NonTradableSecurity = -28
    NON_EXERCISABLE_SECURITY = NonExercisableSecurity = -29
    ORDER_QUANTITY_LESS_THAN_LOT_SIZE = OrderQuantityLessThanLotSize = -30
    EXCEEDS_SHORTABLE_QUANTITY = ExceedsShortableQuantity = -31
    INVALID_NEW_ORDER_STATUS = InvalidNewOrderStatus = -32
    EUROPEAN_OPTION_NOT_EXPIRED_ON_EXERCISE = EuropeanOptionNotExpiredOnExercise = -33
    OPTION_ORDER_ON_STOCK_SPLIT = OptionOrderOnStockSplit = -34
    MARKET_ON_OPEN_NOT_ALLOWED_DURING_REGULAR_HOURS = MarketOnOpenNotAllowedDuringRegularHours = -35


class Resolution(IntEnum, metaclass=ListedEnum):
    """Length of bars."""

    TICK = Tick = 0
    SECOND = Second = 1
    MINUTE = Minute = 2
    HOUR = Hour = 3
    DAILY = Daily = 4


class DataNormalizationMode(IntEnum, metaclass=ListedEnum):
    """How prices are adjusted for splits and dividends."""

    RAW = Raw = 0
    ADJUSTED = Adjusted = 1
    SPLIT_ADJUSTED = SplitAdjusted = 2
    TOTAL_RETURN = TotalReturn = 3


class SecurityType(IntEnum, metaclass=ListedEnum):
    """Kinds of security; here are shares, and options on them."""

    BASE = Base = 0
    EQUITY = Equity = 1
    OPTION = Option = 2
    FOREX = Forex = 4
    FUTURE = Future = 5
    CRYPTO = Crypto = 7


class OptionRight(IntEnum, metaclass=ListedEnum):
    """What an option gives the right to: buy, or sell."""

    CALL = Call = 0
    PUT = Put = 1


class OptionStyle(IntEnum, metaclass=ListedEnum):
    """When an option may be exercised: on any day, or on its last."""

    AMERICAN = American = 0
    EUROPEAN = European = 1


class SettlementType(IntEnum, metaclass=ListedEnum):
    """What an exercise brings: the shares, or the difference in cash."""

    PHYSICAL_DELIVERY = PhysicalDelivery = 0
    CASH = Cash = 1


class TickType(IntEnum, metaclass=ListedEnum):
    """What a bar is made of."""

    TRADE = Trade = 0
    QUOTE = Quote = 1


class AccountType(IntEnum, metaclass=ListedEnum):
    """Kinds of account."""

    MARGIN = Margin = 0
    CASH = Cash = 1


class BrokerageName(IntEnum, metaclass=ListedEnum):
    """Brokerages: the default, Interactive Brokers, and some that trade shares without a fee."""

    DEFAULT = Default = 0
    QUANT_CONNECT_BROKERAGE = QuantConnectBrokerage = 1
    INTERACTIVE_BROKERS_BROKERAGE = InteractiveBrokersBrokerage = 2
    TD_AMERITRADE = TDAmeritrade = 3
    CHARLES_SCHWAB = CharlesSchwab = 4
    TASTYTRADE = Tastytrade = 5
    TRADE_STATION = TradeStation = 6
    WEBULL = Webull = 7


class SplitType(IntEnum, metaclass=ListedEnum):
    """Whether a split comes or is there."""

    WARNING = Warning = 0
    SPLIT_OCCURRED = SplitOccurred = 1


class DelistingType(IntEnum, metaclass=ListedEnum):
    """Whether a delisting comes or is there."""

    WARNING = Warning = 0
    DELISTED = Delisted = 1


class MovingAverageType(IntEnum, metaclass=ListedEnum):
    """Kinds of average."""

    SIMPLE = Simple = 0
    EXPONENTIAL = Exponential = 1
    WILDERS = Wilders = 2
    LINEAR_WEIGHTED_MOVING_AVERAGE = LinearWeightedMovingAverage = 3


class DayOfWeek(IntEnum, metaclass=ListedEnum):
    """Days of the week."""

    SUNDAY = Sunday = 0
    MONDAY = Monday = 1
    TUESDAY = Tuesday = 2
    WEDNESDAY = Wednesday = 3
    THURSDAY = Thursday = 4
    FRIDAY = Friday = 5
    SATURDAY = Saturday = 6


class Market(metaclass=Listed):
    """Names of markets."""

    USA = "usa"


class Currencies(metaclass=Listed):
    """Names of currencies."""

    USD = "USD"


TRADING_DAYS = (DayOfWeek.MONDAY, DayOfWeek.TUESDAY, DayOfWeek.WEDNESDAY, DayOfWeek.THURSDAY, DayOfWeek.FRIDAY)
