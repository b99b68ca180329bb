"""What synthetic suppliers sell, to whom, and the words that their customers' and people's names are made of; all invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trade:
    """What a supplier deals in.

    Parameters
    ----------
    en, zh : str
        The supplier's line of business, as it stands in its name.
    industries : tuple of (name, growth a year, word of English names, word of Chinese names)
        Whom it sells to.
    products : tuple of (product, product line, list price a piece in CNY, margin at list price)
    """

    en: str
    zh: str
    industries: tuple[tuple[str, float, str, str], ...]
    products: tuple[tuple[str, str, int, float], ...]


TRADES = (
    Trade(
        "Instruments", "仪表",
        (
            ("Chemicals", 0.05, "Fine Chemicals", "精细化工"),
            ("Water", 0.07, "Water Treatment", "水处理科技"),
            ("Food", 0.04, "Dairy Processing", "乳品机械"),
            ("Pharma", 0.09, "Pharma Equipment", "制药装备"),
            ("Power", 0.06, "Boiler Works", "锅炉"),
        ),
        (
            ("FM-25", "Flow meters", 2600, 0.36), ("FM-80", "Flow meters", 7400, 0.34), ("FM-200", "Flow meters", 21800, 0.32),
            ("LV-R", "Level gauges", 3900, 0.37), ("LV-U", "Level gauges", 1250, 0.38),
            ("PH-4", "Analysers", 5600, 0.33), ("OX-9", "Analysers", 16400, 0.31),
            ("CV-15", "Control valves", 1850, 0.32), ("CV-50", "Control valves", 4700, 0.31), ("CV-150", "Control valves", 13900, 0.30),
            ("SP-SET", "Spares", 160, 0.42), ("SP-CELL", "Spares", 720, 0.40),
        ),
    ),
    Trade(
        "Coatings", "涂料",
        (
            ("Furniture", 0.03, "Joinery", "家具制造"),
            ("Shipyards", 0.06, "Marine Works", "船舶工程"),
            ("Vehicles", 0.07, "Body Panels", "车身部件"),
            ("Steel structures", 0.05, "Steel Structures", "钢结构"),
            ("Appliances", 0.04, "Home Appliances", "家用电器"),
        ),
        (
            ("EP-20", "Primers", 640, 0.31), ("EP-200", "Primers", 5900, 0.30), ("ZN-25", "Primers", 1480, 0.32),
            ("PU-20", "Top coats", 980, 0.35), ("PU-200", "Top coats", 9200, 0.33), ("AC-20", "Top coats", 720, 0.34),
            ("PW-25", "Powder", 860, 0.33), ("PW-500", "Powder", 15600, 0.31),
            ("WB-20", "Water-borne", 1120, 0.37), ("WB-1000", "Water-borne", 38500, 0.33),
            ("TH-5", "Thinners and aids", 140, 0.40), ("TH-50", "Thinners and aids", 1150, 0.39),
        ),
    ),
    Trade(
        "Packaging", "包装材料",
        (
            ("Beverages", 0.04, "Bottling", "饮料灌装"),
            ("Snacks", 0.05, "Foods", "休闲食品"),
            ("Cosmetics", 0.08, "Personal Care", "日化"),
            ("Medical", 0.09, "Medical Supplies", "医疗用品"),
            ("Parcel trade", 0.10, "Fulfilment", "电商仓配"),
        ),
        (
            ("SF-30", "Shrink film", 1350, 0.30), ("SF-60", "Shrink film", 3800, 0.31), ("SF-J", "Shrink film", 14200, 0.29),
            ("BF-12", "Barrier film", 2450, 0.36), ("BF-40", "Barrier film", 8700, 0.34),
            ("TR-A", "Trays", 520, 0.32), ("TR-D", "Trays", 2100, 0.31), ("TR-M", "Trays", 6400, 0.30),
            ("LB-1", "Labels", 380, 0.38), ("LB-9", "Labels", 1700, 0.37),
            ("TP-48", "Tapes", 150, 0.41), ("TP-72", "Tapes", 690, 0.39),
        ),
    ),
    Trade(
        "Networks", "工业网络",
        (
            ("Metro", 0.06, "Transit Systems", "轨道交通"),
            ("Mining", 0.03, "Mining Technology", "矿业科技"),
            ("Ports", 0.05, "Terminal Services", "码头服务"),
            ("Warehousing", 0.10, "Warehouse Automation", "仓储自动化"),
            ("Utilities", 0.07, "Grid Services", "电网服务"),
        ),
        (
            ("SW-08", "Switches", 2200, 0.37), ("SW-24", "Switches", 6300, 0.36), ("SW-48X", "Switches", 24500, 0.33),
            ("RT-5", "Routers", 3600, 0.34), ("RT-50", "Routers", 17800, 0.32),
            ("AP-6", "Wireless", 1450, 0.35), ("AP-6X", "Wireless", 4100, 0.34),
            ("EC-1", "Edge computers", 5200, 0.31), ("EC-7", "Edge computers", 13600, 0.30),
            ("FO-10", "Cables and parts", 170, 0.42), ("FO-500", "Cables and parts", 880, 0.40), ("PW-24", "Cables and parts", 410, 0.39),
        ),
    ),
)  # fmt: skip

ENGLISH_STEMS = (
    *("Aldwin", "Barrowgate", "Calverin", "Dornfell", "Eskerton", "Farrowmere", "Gildenholt", "Haxby Vale", "Iskwold", "Jessamer"),
    *("Kelbridge", "Loddon Quay", "Marchetal", "Nethercombe", "Ormsdale", "Penrowan", "Quenbury", "Rothesmoor", "Selwick", "Tamberley"),
    *("Umbergill", "Vantry", "Wrexford", "Yarrowby", "Zellmark", "Ambergard", "Brindlow", "Corvane", "Delamoor", "Huxgrove"),
    *(
        "Fenwarren",
        "Glasmere",
        "Hollinstead",
        "Inverlane",
        "Kirrowell",
        "Mossgarth",
        "Oxmarsh",
        "Pellandine",
        "Skorpa Bay",
        "Thornaby Reach",
    ),
)
CHINESE_STEMS = (
    *("铄屿", "泊澄", "砚川", "珩岳", "栩澜", "垚辰", "骁沅", "昀砺", "霁泓", "翊铭", "澄砚", "岑屿", "弘骞", "叡泽", "皓磊", "锦澍"),
    *("溯沅", "蔚岑", "承珩", "迅榆", "岫昱", "瑾淮", "穆辰", "啸崖", "钊岚", "筠泰", "黎昇", "楚砺", "朔琮", "瀛岳", "凌砚", "景垣"),
    *("畅垚", "桓渝", "佑岑", "恺屿", "铠宸", "淳岱", "沐琛", "毓衡"),
)
ENGLISH_FORMS = ("Co., Ltd.", "Ltd.", "Inc.")
CHINESE_FORMS = ("有限公司", "股份有限公司", "有限责任公司")
REGIONS = ("East China", "North China", "South China", "West China", "Central China")
SURNAMES = ("程", "顾", "邵", "薛", "贺", "龚", "严", "陶", "姜", "戴", "莫", "邹", "苏", "潘", "葛", "范")
GIVEN_NAMES = (
    "知远",
    "书瑶",
    "亦凡",
    "清越",
    "子衿",
    "云舒",
    "景行",
    "若谷",
    "君朗",
    "沛然",
    "语桐",
    "怀瑾",
    "乐山",
    "思齐",
    "安澜",
    "墨林",
)
FIRST_NAMES = (
    "Adrian",
    "Bridget",
    "Colin",
    "Dora",
    "Edmund",
    "Fiona",
    "Gareth",
    "Hilda",
    "Ivo",
    "Janet",
    "Keith",
    "Lydia",
    "Miles",
    "Nora",
)
LAST_NAMES = (
    "Ashcroft",
    "Bellamy",
    "Crane",
    "Dunne",
    "Everett",
    "Fang",
    "Gould",
    "Hsu",
    "Iverson",
    "Jiang",
    "Kwok",
    "Lund",
    "Mercer",
    "Ng",
)
