"""The words of ``mini``: names of things and stuff, other names, kinds, and what things and places are for.

Each purpose is a family, phrases, and the classes that serve it. Phrases are compared by meaning (MiniLM), so
what people say need not be the same words.
"""

from __future__ import annotations

from converseg_core.mini.detector import COCO_NAMES

THING_NAMES = tuple(COCO_NAMES.values())
STUFF_NAMES = tuple(
    """
banner,blanket,bridge,cardboard,counter,curtain,door,wood floor,flower,fruit,gravel,house,light,mirror,net,
pillow,platform,playingfield,railroad,river,road,roof,sand,sea,shelf,snow,stairs,tent,towel,brick wall,
stone wall,tile wall,wood wall,water,blind window,window,tree,fence,ceiling,sky,cabinet,table,floor,pavement,
mountain,grass,dirt,paper,food,building,rock,wall,rug
""".replace("\n", "").split(",")
)
NAMES = THING_NAMES + STUFF_NAMES

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "person": ("people", "somebody", "human", "man or woman"),
    "tv": ("television", "screen", "monitor"),
    "couch": ("sofa",),
    "cell phone": ("phone", "mobile phone", "smartphone"),
    "dining table": ("table", "table top"),
    "potted plant": ("plant", "flower pot", "houseplant"),
    "motorcycle": ("motorbike",),
    "bicycle": ("bike",),
    "airplane": ("plane", "aircraft"),
    "car": ("automobile",),
    "laptop": ("computer", "notebook computer"),
    "cup": ("mug", "glass"),
    "refrigerator": ("fridge",),
    "remote": ("remote control",),
    "donut": ("doughnut",),
    "handbag": ("purse", "bag"),
    "backpack": ("rucksack", "bag"),
    "sports ball": ("ball",),
    "teddy bear": ("stuffed animal", "soft toy"),
    "road": ("street", "roadway"),
    "pavement": ("sidewalk", "footpath"),
    "grass": ("lawn", "meadow"),
    "tree": ("trees", "bushes and trees"),
    "sky": ("the open sky", "clouds and sky"),
    "sea": ("ocean", "water"),
    "river": ("stream", "water"),
    "water": ("the water",),
    "wall": ("the walls",),
    "brick wall": ("wall made of bricks",),
    "wood wall": ("wooden wall",),
    "tile wall": ("tiles on the wall",),
    "floor": ("the ground inside", "flooring"),
    "wood floor": ("wooden floor", "parquet"),
    "building": ("buildings", "house front"),
    "dirt": ("soil", "earth"),
    "sand": ("beach",),
    "window": ("window pane", "windows"),
    "curtain": ("drapes",),
    "rug": ("carpet",),
    "cabinet": ("cupboard",),
    "counter": ("work surface", "countertop"),
    "ceiling": ("ceiling above",),
    "fence": ("fencing",),
    "mountain": ("hills", "mountains"),
    "snow": ("snow on the ground",),
    "rock": ("stones", "rocks"),
    "paper": ("sheet of paper",),
    "food": ("something edible",),
    "railroad": ("train tracks", "rails"),
    "playingfield": ("sports field", "pitch"),
    "platform": ("platform at the station",),
    "blanket": ("bed cover",),
    "pillow": ("cushion",),
}

KIND_NAMES: dict[str, tuple[str, ...]] = {
    "animal": ("animals", "every animal"),
    "vehicle": ("vehicles", "all vehicles"),
    "food": ("things to eat", "food"),
    "furniture": ("pieces of furniture", "furniture"),
    "electronic": ("electronic devices",),
    "kitchen": ("tableware", "kitchen things"),
    "sports": ("sports gear",),
    "accessory": ("things people wear or carry",),
    "appliance": ("appliances",),
    "plant": ("plants and greenery", "vegetation"),
}

_ANIMALS = ("dog", "cat", "bird", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe")
_FOOD = (
    "banana",
    "apple",
    "sandwich",
    "orange",
    "broccoli",
    "carrot",
    "hot dog",
    "pizza",
    "donut",
    "cake",
    "food",
    "fruit",
)
_GLASSY = ("wine glass", "cup", "vase", "bowl", "bottle")
_POWERED = (
    "tv",
    "laptop",
    "microwave",
    "oven",
    "toaster",
    "refrigerator",
    "hair drier",
    "cell phone",
    "mouse",
    "keyboard",
    "remote",
    "light",
)

MEMBERS: dict[str, tuple[str, ...]] = {
    "animal": _ANIMALS,
    "vehicle": THING_NAMES[1:9],
    "food": _FOOD,
    "furniture": ("chair", "couch", "potted plant", "bed", "dining table", "toilet"),
    "electronic": ("tv", "laptop", "mouse", "remote", "keyboard", "cell phone"),
    "kitchen": ("bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl"),
    "sports": (
        "frisbee",
        "skis",
        "snowboard",
        "sports ball",
        "kite",
        "baseball bat",
        "baseball glove",
        "skateboard",
        "surfboard",
        "tennis racket",
    ),
    "accessory": ("backpack", "umbrella", "handbag", "tie", "suitcase"),
    "appliance": ("microwave", "oven", "toaster", "sink", "refrigerator"),
    "plant": ("flower", "tree", "grass"),
}

# (family, phrases, classes that fit); a phrase is asked only where all its classes were looked for.
PURPOSES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "affordances",
        ("what could I take a seat on?", "a spot to sit"),
        ("chair", "couch", "bench", "toilet", "bed"),
    ),
    (
        "affordances",
        ("where would somebody take a nap?", "I am tired, where can I lie down"),
        ("bed", "couch"),
    ),
    (
        "affordances",
        ("what holds a drink", "I am thirsty", "what do people drink from?"),
        ("cup", "wine glass", "bottle"),
    ),
    ("affordances", ("what can slice bread", "a tool for cutting"), ("knife", "scissors")),
    ("affordances", ("it is raining, what helps?", "what keeps me dry in the rain"), ("umbrella",)),
    ("affordances", ("how late is it? show me where to look", "what shows the hour"), ("clock",)),
    ("affordances", ("what could I read tonight?", "printed pages"), ("book",)),
    ("affordances", ("I am hungry", "what can be eaten here?", "show me something for lunch"), _FOOD),
    (
        "affordances",
        ("what can I pack my things in?", "luggage and bags"),
        ("backpack", "handbag", "suitcase"),
    ),
    ("affordances", ("what do I use to write an e-mail?", "the thing I type with"), ("keyboard", "laptop")),
    ("affordances", ("what can fly?", "what moves through the air"), ("airplane", "bird", "kite")),
    ("affordances", ("where do I rinse a plate?", "where does tap water run into"), ("sink",)),
    ("affordances", ("where is milk kept cold?", "what keeps food fresh"), ("refrigerator",)),
    (
        "affordances",
        ("what can warm up my soup?", "what bakes or heats food"),
        ("microwave", "oven", "toaster"),
    ),
    (
        "affordances",
        ("what could take me to town?", "what do people ride or drive in?"),
        ("car", "bus", "train", "truck", "airplane", "boat"),
    ),
    ("affordances", ("what holds flowers?", "where do flowers go"), ("vase", "potted plant")),
    (
        "affordances",
        ("what can I ride with pedals or a motor on two wheels", "two wheels and a seat"),
        ("bicycle", "motorcycle"),
    ),
    ("affordances", ("what do I watch a film on?", "what displays pictures"), ("tv", "laptop", "cell phone")),
    ("affordances", ("what do I eat with?", "cutlery"), ("fork", "knife", "spoon")),
    (
        "affordances",
        ("where can I walk?", "where do feet go", "what could the robot drive on?"),
        (
            "road",
            "pavement",
            "floor",
            "wood floor",
            "grass",
            "dirt",
            "sand",
            "rug",
            "platform",
            "gravel",
            "snow",
        ),
    ),
    ("affordances", ("where do cars drive?", "where must I watch for traffic"), ("road",)),
    (
        "affordances",
        ("where can I put down a plate?", "a flat place to set things on"),
        ("dining table", "table", "counter", "shelf"),
    ),
    ("affordances", ("where can one swim?", "where would a ship float"), ("sea", "river", "water")),
    ("affordances", ("what lets daylight into the room?",), ("window",)),
    ("affordances", ("what can a cow graze on?",), ("grass",)),
    (
        "affordances",
        ("what could I throw and catch?", "a toy for the park"),
        ("sports ball", "frisbee", "kite"),
    ),
    ("physics", ("what breaks when it falls?", "careful, what is fragile?"), _GLASSY),
    ("physics", ("what is alive?", "what could walk away by itself"), (*_ANIMALS, "person")),
    ("physics", ("what might spill?", "what could hold liquid"), _GLASSY),
    ("physics", ("what runs on electricity?", "what needs a plug or a battery"), _POWERED),
    ("physics", ("what could hurt my fingers, it is sharp", "sharp things"), ("knife", "scissors", "fork")),
    (
        "physics",
        ("what could roll away?", "what rolls"),
        ("sports ball", "bicycle", "motorcycle", "car", "bus", "truck", "skateboard", "orange", "apple"),
    ),
    (
        "physics",
        ("what is soft to lean on?", "what gives way when pressed"),
        ("couch", "bed", "pillow", "teddy bear", "blanket"),
    ),
    (
        "physics",
        ("what is too heavy to lift?",),
        ("car", "bus", "train", "truck", "airplane", "elephant", "couch", "refrigerator", "bed"),
    ),
    ("physics", ("what moves in the wind?",), ("tree", "kite", "grass", "curtain", "flower", "banner")),
    ("physics", ("what is hot or could burn me?",), ("oven", "toaster", "hair drier", "pizza")),
)
