"""Who the sample's customers are: one profile per account, the people who serve them and what they buy, all invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

SEED = 20260630
START, AS_OF = date(2023, 7, 1), date(2026, 6, 30)

INDUSTRY_GROWTH = {"Machine tools": 0.05, "Automation": 0.12, "Automotive": 0.06, "Packaging": 0.04, "Energy": 0.1, "Electronics": 0.09}
ROLES = {"P": "procurement", "U": "user", "T": "technical", "F": "finance", "E": "executive"}
DIMENSIONS = ("contacts", "authority", "trust", "process", "measures", "team")

# Share of a year's revenue in July-September, October-December, January-March, April-June.
SEASONS = {
    "even": (0.245, 0.265, 0.230, 0.260),
    "year_end": (0.230, 0.330, 0.190, 0.250),
    "spring": (0.02, 0.03, 0.05, 0.90),
}
# First day and length, within the quarter, of the days on which a season orders; the whole quarter where not named.
ORDER_DAYS = {"spring": (52, 9)}


@dataclass(frozen=True)
class Profile:
    """One account as the generator sees it; a default is what an account without a story has.

    Parameters
    ----------
    revenue, growth
        Yearly revenue in CNY before `fade`, and its growth a year (fraction).
    orders : int
        Orders a year.
    roles : str
        One letter of `ROLES` per contact.
    ratings : str
        One digit 1-4 per dimension of the relationship; blank where nobody assessed it.
    starts, ends
        First and last day on which it may order.
    fade : tuple of float
        Factor on orders and usage of the last quarters, the newest last.
    late_days : float
        Mean days from due date to payment.
    touches : int
        Interactions a year; `last_touch_days` before the as-of date comes the newest.
    """

    account_id: str
    name: str
    industry: str
    region: str
    manager_id: str
    signed_on: date | None
    revenue: float
    growth: float = 0.07
    orders: int = 4
    roles: str = "PT"
    ratings: str = ""
    starts: date = START
    ends: date = AS_OF
    season: str = "even"
    fade: tuple[float, ...] = ()
    discount: float = 0.02
    approval: str = "proper"
    cost_factor: float = 1.0
    terms_days: int = 60
    late_days: float = 2.0
    on_time: float = 0.93
    complaints: int = 0
    complains: bool = True
    return_rate: float = 0.012
    return_days: tuple[int, int] = (5, 20)
    satisfaction: float = 0.78
    touches: int = 8
    last_touch_days: int = 12
    met_roles: str = "PUTFE"
    wallet_share: float = 0.4
    industry_growth: float | None = None
    outlook: str = "stable"
    currency: str = "CNY"
    channel: str = "direct"
    agent_id: str = ""
    parent_id: str = ""
    purchasing_mode: str = "central"
    price_sensitivity: int = 3
    partnership_desire: int = 3
    status: str = "active"
    tax_id: str = ""


MANAGERS = (
    ("M01", "陈立衡", "senior", 420000, date(2014, 3, 3), "machine tools;negotiation;strategy"),
    ("M02", "Lin Zhiyuan", "senior", 450000, date(2012, 6, 18), "automotive;finance;strategy"),
    ("M03", "周予安", "manager", 320000, date(2018, 9, 10), "automation;process and IT"),
    ("M04", "Helen Gu", "manager", 310000, date(2019, 2, 25), "energy;negotiation"),
    ("M05", "沈嘉木", "manager", 280000, date(2021, 7, 5), "electronics;product"),
    ("M06", "Marco Tang", "junior", 230000, date(2023, 4, 17), "packaging;product"),
)

# product, product_line, list price a piece in CNY, margin at list (None where the cost is not recorded)
PRODUCTS = (
    ("SP-090", "Spindles", 3900, 0.31),
    ("SP-150", "Spindles", 9800, 0.30),
    ("SP-240", "Spindles", 26500, 0.28),
    ("SP-SEAL", "Spindles", 240, 0.36),
    ("LG-20", "Linear guides", 420, 0.27),
    ("LG-35", "Linear guides", 1150, 0.26),
    ("LG-55", "Linear guides", 3300, 0.25),
    ("BS-16", "Ball screws", 560, 0.29),
    ("BS-32", "Ball screws", 1850, 0.28),
    ("BS-63", "Ball screws", 7200, 0.27),
    ("SD-04", "Servo drives", 780, 0.35),
    ("SD-15", "Servo drives", 2900, 0.34),
    ("SD-75", "Servo drives", 12600, 0.33),
    ("PT-KIT", "Parts and service", 150, 0.42),
    ("PT-CAL", "Parts and service", 680, 0.40),
    ("PT-DAY", "Parts and service", 1600, None),
)
# Year to factor on list prices, and on cost: cost runs ahead of price.
PRICE_LEVEL = {2023: 1.00, 2024: 1.02, 2025: 1.035, 2026: 1.05}
COST_LEVEL = {2023: 1.00, 2024: 1.022, 2025: 1.042, 2026: 1.062}

_ = Profile
PROFILES = (
    _("A001", "澜岳精密机械有限公司", "Machine tools", "East China", "M02", date(2017, 3, 20), 14_200_000, 0.09, 36, "PT", "332333",
      industry_growth=0.12, discount=0.045, met_roles="P", touches=30, last_touch_days=6, wallet_share=0.42, terms_days=60),
    _("A002", "Ningchuan Rail Components Co., Ltd.", "Machine tools", "North China", "M01", date(2019, 5, 6), 2_350_000, 0.06, 20,
      "PUTE", "332333", parent_id="A048", discount=0.03, touches=20),
    _("A003", "Tessarine Packaging Systems", "Packaging", "South China", "M06", date(2021, 4, 12), 740_000, 0.05, 14, "PUT",
      touches=14),
    _("A004", "沐川重工股份有限公司", "Energy", "West China", "M04", date(2018, 10, 15), 3_900_000, 0.08, 22, "PUTFE", "333343",
      discount=0.035, touches=24, season="year_end"),
    _("A005", "Orbicon Motion Technology Co., Ltd.", "Automation", "East China", "M03", date(2020, 2, 24), 4_300_000, 0.08, 22, "PUTE",
      "333333", fade=(0.97, 0.70, 0.40), complains=False, discount=0.03, touches=16, last_touch_days=41, satisfaction=0.72),
    _("A006", "嘉砺自动化技术有限公司", "Automation", "South China", "M03", date(2022, 1, 10), 850_000, 0.10, 14, "PUT", "333233",
      touches=12, wallet_share=0.25, outlook="growing"),
    _("A007", "Halvorsen Wind Drives (Tianjin) Ltd.", "Energy", "North China", "M04", date(2016, 6, 1), 6_900_000, 0.11, 36, "PUTFE",
      "434343", discount=0.05, touches=36, last_touch_days=5, partnership_desire=5, wallet_share=0.5, terms_days=75),
    _("A008", "朔腾电气股份有限公司", "Electronics", "East China", "M02", date(2017, 9, 11), 9_400_000, 0.10, 36, "PUTE", "333333",
      discount=0.06, cost_factor=1.345, touches=30, last_touch_days=8, wallet_share=0.55),
    _("A009", "Pellworth Automation Ltd.", "Automation", "East China", "M05", date(2023, 2, 20), 420_000, 0.06, 9, "PT", touches=8,
      terms_days=30),
    _("A010", "桓宇包装机械有限公司", "Packaging", "East China", "M06", date(2020, 8, 17), 1_100_000, 0.04, 20, "PUT", "333322",
      discount=0.025, touches=16, outlook="declining"),
    _("A011", "Kestrel Robotics (Shenzhen) Co., Ltd.", "Automation", "South China", "M03", date(2024, 2, 19), 1_900_000, 0.27, 20,
      "PUTE", "223322", starts=date(2024, 3, 1), wallet_share=0.12, industry_growth=0.18, outlook="growing", partnership_desire=5,
      touches=18, last_touch_days=10),
    _("A012", "临澜电子科技有限公司", "Electronics", "South China", "M05", date(2021, 11, 8), 700_000, 0.08, 12, "PUT", touches=12,
      terms_days=45),
    _("A013", "Brackenridge Axle (Wuhan) Ltd.", "Automotive", "Central China", "M02", date(2015, 4, 7), 5_900_000, 0.07, 36, "PUTFE",
      "333333", discount=0.05, touches=34, last_touch_days=7, wallet_share=0.6, terms_days=75),
    _("A014", "煜丰糖业装备有限公司", "Packaging", "South China", "M06", date(2018, 3, 5), 1_150_000, 0.03, 10, "PUT", "333322",
      season="spring", terms_days=60, late_days=-6.0, on_time=0.99, touches=14),
    _("A015", "Suzhou Hengtai Automation Co., Ltd.", "Automation", "East China", "M03", date(2019, 11, 18), 820_000, 0.03, 14, "PUT",
      touches=12, tax_id="91320500SYN0015X"),
    _("A016", "泓泽汽车零部件有限公司", "Automotive", "Central China", "M02", date(2016, 8, 22), 3_200_000, 0.06, 22, "PUTF", "333333",
      discount=0.03, touches=22, terms_days=90),
    _("A017", "Silverdale Fixtures Co., Ltd.", "Machine tools", "East China", "M01", date(2022, 6, 13), 240_000, 0.02, 6, "PT",
      touches=7, outlook="declining", terms_days=30),
    _("A018", "启衡数控机床有限公司", "Machine tools", "North China", "M01", date(2014, 5, 19), 1_600_000, 0.01, 20, "PU", "112112",
      touches=9, wallet_share=0.35, satisfaction=0.70),
    _("A019", "Verlane Battery Equipment Ltd.", "Energy", "South China", "M04", date(2025, 8, 25), 2_600_000, 0.0, 22, "PUTFE",
      "444433", starts=date(2025, 9, 8), partnership_desire=5, touches=36, last_touch_days=4, satisfaction=0.88, outlook="growing"),
    _("A020", "瀚屿新能源装备有限公司", "Energy", "West China", "M04", date(2020, 12, 7), 1_800_000, 0.12, 20, "PUTE", "333332",
      discount=0.03, touches=18, wallet_share=0.28, outlook="growing"),
    _("A021", "Dunmore Print Machinery", "Packaging", "East China", "M06", date(2023, 5, 15), 170_000, 0.03, 5, "PT", touches=6,
      terms_days=30),
    _("A022", "衡川机电设备有限公司", "Machine tools", "Central China", "M05", date(2019, 7, 29), 330_000, 0.04, 8, "PUT",
      discount=0.21, approval="skipped", price_sensitivity=2, touches=8, wallet_share=0.75),
    _("A023", "Norwick Turbine Parts (Chengdu) Ltd.", "Energy", "West China", "M04", date(2021, 1, 25), 950_000, 0.09, 14, "PUT",
      "323333", touches=14),
    _("A024", "宁川轨道配件（株洲）有限公司", "Machine tools", "Central China", "M01", date(2020, 4, 13), 1_900_000, 0.06, 20, "PUT",
      "332323", parent_id="A048", discount=0.03, touches=18),
    _("A025", "Ashgrove Elevator Systems Ltd.", "Machine tools", "East China", "M02", date(2018, 5, 14), 2_100_000, 0.05, 20, "PUTE",
      "333333", discount=0.03, touches=18, terms_days=30),
    _("A026", "璟和半导体设备有限公司", "Electronics", "East China", "M05", date(2018, 4, 23), 7_800_000, 0.12, 36, "PUTFE", "343433",
      discount=0.05, touches=32, last_touch_days=19, outlook="growing", wallet_share=0.38, satisfaction=0.80),
    _("A027", "Fairmount Conveyor Co., Ltd.", "Packaging", "North China", "M06", date(2022, 9, 5), 380_000, 0.05, 8, "PT", touches=8,
      terms_days=30),
    _("A028", "钧策伺服科技有限公司", "Automation", "East China", "M03", date(2019, 10, 21), 1_250_000, 0.09, 20, "PUTE", "333323",
      discount=0.03, touches=16, terms_days=45),
    _("A029", "Quillan Medical Devices Ltd.", "Electronics", "East China", "M05", date(2024, 7, 1), 560_000, 0.08, 12, "PUT",
      starts=date(2024, 7, 8), touches=12, wallet_share=0.2, outlook="growing"),
    _("A030", "峻澜矿山机械有限公司", "Machine tools", "West China", "M04", date(2017, 2, 27), 1_350_000, 0.02, 20, "PUF", "333322",
      late_days=95.0, touches=14, wallet_share=0.5),
    _("A031", "Larkspur Textile Machinery", "Packaging", "East China", "M02", date(2021, 3, 29), 300_000, 0.01, 6, "PT", touches=7,
      outlook="declining"),
    _("A032", "铎川精工科技有限公司", "Machine tools", "East China", "M01", date(2015, 9, 14), 5_300_000, 0.08, 36, "PUTFE", "343333",
      discount=0.045, touches=32, last_touch_days=9, wallet_share=0.52, terms_days=45),
    _("A033", "Castellan Gearbox GmbH", "Automotive", "Overseas", "M02", date(2019, 1, 21), 2_600_000, 0.06, 20, "PUTE", "333332",
      currency="EUR", terms_days=45, touches=16),
    _("A034", "卓岚仪器有限公司", "Electronics", "North China", "M05", date(2023, 9, 4), 140_000, 0.06, 5, "PT",
      starts=date(2023, 9, 11), touches=6),
    _("A035", "Wrenfield Hydraulics Ltd.", "Machine tools", "North China", "M01", date(2020, 6, 22), 800_000, 0.04, 14, "PUT",
      touches=12, terms_days=30),
    _("A036", "拓屿智能装备有限公司", "Automation", "South China", "M03", date(2025, 8, 4), 450_000, 0.0, 10, "PT",
      starts=date(2025, 8, 18), touches=12),
    _("A037", "Marlowe Crane Works Co., Ltd.", "Machine tools", "East China", "M02", date(2018, 11, 26), 2_700_000, 0.06, 22, "PUTE",
      "333333", discount=0.03, on_time=0.975, complaints=8, satisfaction=0.64, touches=18),
    _("A038", "岱岳石化设备有限公司", "Energy", "North China", "M04", date(2019, 8, 12), 660_000, 0.06, 12, "PUT", touches=12,
      season="year_end"),
    _("A039", "Suzhou Heng Tai Automation Ltd.", "Automation", "East China", "M05", date(2022, 10, 17), 360_000, 0.03, 8, "PT",
      touches=8, channel="agent", agent_id="AG-02", tax_id="91320500SYN0015X"),
    _("A040", "宸铭模具有限公司", "Machine tools", "South China", "M05", date(2022, 3, 7), 200_000, 0.04, 5, "PT", touches=6,
      terms_days=30),
    _("A041", "Greyfell Compressor Ltd.", "Energy", "East China", "M04", date(2022, 5, 16), 520_000, 0.07, 12, "PUT", touches=12),
    _("A042", "漱石泵业有限公司", "Machine tools", "East China", "M02", date(2018, 7, 9), 900_000, 0.04, 10, "PUT",
      ends=date(2025, 5, 20), touches=10, last_touch_days=290),
    _("A043", "Ironbridge Castings (Dalian) Ltd.", "Automotive", "North China", "M02", date(2020, 10, 19), 340_000, 0.03, 8, "PT",
      touches=8),
    _("A044", "铂澄光电有限公司", "Electronics", "South China", "M05", date(2021, 6, 28), 1_050_000, 0.10, 20, "PUT", "323323",
      touches=16, wallet_share=0.22, outlook="growing"),
    _("A045", "Tolland Forklift Co., Ltd.", "Automotive", "Central China", "M02", date(2024, 8, 12), 270_000, 0.05, 6, "PT",
      starts=date(2024, 8, 26), touches=7),
    _("A046", "星垣机器人有限公司", "Automation", "East China", "M03", date(2026, 4, 27), 420_000, 0.0, 12, "PT",
      starts=date(2026, 5, 11), touches=26, last_touch_days=3, outlook="growing"),
    _("A047", "Ravensmoor Bearings Ltd.", "Automotive", "East China", "M02", date(2021, 9, 13), 600_000, 0.05, 12, "PUT", touches=12),
    _("A048", "宁川轨道装备集团", "Machine tools", "North China", "M01", date(2019, 4, 22), 0, roles="FE", touches=6),
    _("A049", "Oakhurst Filling Lines", "Packaging", "East China", "M06", date(2022, 2, 14), 110_000, 0.05, 4, "PT", touches=6),
    _("A050", "栎川机械制造有限公司", "Machine tools", "Central China", "M05", date(2021, 8, 30), 400_000, 0.0, 7, "PT",
      ends=date(2025, 5, 30), return_rate=0.3, return_days=(60, 90), touches=6, last_touch_days=120),
    _("A051", "Thornbury Brake Systems Ltd.", "Automotive", "Central China", "M02", date(2017, 12, 4), 1_500_000, 0.06, 20, "PUTF",
      "333332", discount=0.03, touches=16),
    _("A052", "宁川轨道技术（青岛）有限公司", "Machine tools", "North China", "M01", date(2021, 5, 24), 1_300_000, 0.06, 20, "PUT",
      "332333", parent_id="A048", discount=0.03, touches=16),
    _("A053", "Elmhurst Label Machines", "Packaging", "South China", "M06", date(2025, 11, 3), 180_000, 0.0, 6, "PT",
      starts=date(2025, 11, 17), touches=10),
    _("A054", "昱珩锻压设备有限公司", "Machine tools", "West China", "M01", date(2023, 3, 13), 80_000, 0.03, 4, "PT", touches=6),
    _("A055", "Hollins Sensor Technology", "Electronics", "East China", "M03", date(2024, 9, 9), 50_000, 0.04, 4, "PT",
      starts=date(2024, 9, 23), touches=6),
    _("A056", "屿森木工机械有限公司", "Machine tools", "South China", "M06", date(2020, 1, 13), 260_000, 0.0, 6, "PT",
      ends=date(2025, 3, 25), touches=6, last_touch_days=300, status="lost"),
    _("A057", "Pinecrest Foundry Ltd.", "Automotive", "North China", "M02", date(2021, 2, 22), 210_000, 0.0, 5, "PT",
      ends=date(2025, 4, 15), touches=6, last_touch_days=280, status="lost"),
    _("A058", "芮城农机有限公司", "Machine tools", "North China", "M06", date(2022, 8, 1), 150_000, 0.0, 5, "PT",
      ends=date(2025, 2, 26), touches=6, last_touch_days=310, status="lost"),
    _("A059", "Aldermoor Aerospace Tooling", "Machine tools", "East China", "M01", None, 0, roles="PE", touches=8, status="prospect"),
    _("A060", "澈远氢能设备有限公司", "Energy", "East China", "M04", None, 0, roles="PT", touches=8, status="prospect",
      outlook="growing"),
)  # fmt: skip
