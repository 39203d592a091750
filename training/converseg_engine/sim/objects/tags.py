"""The words of common knowledge: what a whole thing is for (Tag) and what a part of it is for (Use)."""

from __future__ import annotations

import enum


class Tag(enum.Enum):
    """What a thing is for, what sort of thing it is, or what may happen with it."""

    # what it is for
    DRINK = "drink"
    CUT = "cut"
    HAMMER = "hammer"
    TURN_SCREW = "turn_screw"
    HOLD_SOUP = "hold_soup"
    EAT_SOUP_WITH = "eat_soup_with"
    READ = "read"
    GIVE_LIGHT = "give_light"
    FLOWERS = "flowers"
    PLAY = "play"
    EAT = "eat"
    FRY = "fry"
    SERVE = "serve"
    PACK = "pack"
    BOIL = "boil"  # boil water, cook pasta
    POUR = "pour"
    STIR = "stir"
    TURN_FOOD = "turn_food"
    ROLL_DOUGH = "roll_dough"
    GRATE = "grate"
    STRAIN = "strain"
    CHOP_ON = "chop_on"
    SEASON = "season"
    COVER_POT = "cover_pot"
    TOAST = "toast"
    PICK_UP_FOOD = "pick_up_food"
    CARRY_DISHES = "carry_dishes"
    KEEP_WARM = "keep_warm"
    WRITE = "write"
    CUT_PAPER = "cut_paper"
    STAPLE = "staple"
    STICK = "stick"  # stick things together
    HOLD_PENS = "hold_pens"
    TYPE = "type"
    COMPUTE = "compute"
    CALCULATE = "calculate"
    CALL = "call"
    TELL_TIME = "tell_time"
    SHOW_PICTURE = "show_picture"
    BRUSH_TEETH = "brush_teeth"
    BRUSH_HAIR = "brush_hair"
    WASH_HANDS = "wash_hands"
    WASH_HAIR = "wash_hair"
    DRY = "dry"
    WIPE = "wipe"  # wipe up a spill
    SCRUB = "scrub"
    SPRAY = "spray"
    CARRY_WATER = "carry_water"
    GRIP_NUT = "grip_nut"
    GRIP = "grip"  # hold something small tightly
    SAW = "saw"
    DRILL = "drill"
    MEASURE = "measure"
    PAINT = "paint"
    CHECK_LEVEL = "check_level"
    STORE_TOOLS = "store_tools"
    STORE = "store"  # keep a handful of other things in
    CARRY_THINGS = "carry_things"
    TRAVEL = "travel"
    THROW_AWAY = "throw_away"
    SIT = "sit"
    CLIMB = "climb"  # reach a high shelf
    PUT_ON = "put_on"  # put a cup down on
    WEAR = "wear"
    KEEP_RAIN_OFF = "keep_rain_off"
    SWEEP = "sweep"
    WARN = "warn"
    POWER = "power"  # bring electricity to something
    PUT_OUT_FIRE = "put_out_fire"
    COMFORT = "comfort"  # cuddle, lay one's head on
    # what sort of thing it is
    FOOD = "food"
    FRUIT = "fruit"
    VEGETABLE = "vegetable"
    DISH = "dish"  # belongs to the dishes
    CUTLERY = "cutlery"
    COOKWARE = "cookware"
    TOOL = "tool"
    TOY = "toy"
    STATIONERY = "stationery"
    TOILETRY = "toiletry"
    CLEANING = "cleaning"
    CLOTHING = "clothing"
    LUGGAGE = "luggage"
    FURNITURE = "furniture"
    CONTAINER = "container"  # other things or liquids go in
    ELECTRONIC = "electronic"
    PLANT = "plant"
    # what it is like, what may happen
    SHARP = "sharp"
    HOT = "hot"
    BREAKS = "breaks"
    BOUNCES = "bounces"
    ROLLS = (
        "rolls"  # a nudge sends it off, as it mostly lies; unsure where its shape here is too plain to tell
    )
    WATER_HARMS = "water_harms"
    BURNS = "burns"  # catches fire easily
    MELTS = "melts"  # a hot pan would harm it
    HEAT_PROOF = "heat_proof"  # a hot pan may stand on it or it may stand on the stove
    METAL = "metal"  # mostly metal: not for the microwave, a magnet or current matters
    SOFT = "soft"
    SPILLS = "spills"  # what is in it would run out
    POISON = "poison"  # must not be swallowed
    SWALLOWED = "swallowed"  # small enough to be swallowed by a toddler
    TRIPS = "trips"  # lies low on a floor, where one trips over it
    KEEP_COLD = "keep_cold"  # belongs in the fridge
    SPOILS = "spoils"
    STACKS = "stacks"  # made to be stacked
    NEEDS_POWER = "needs_power"
    KEEP_FROM_CHILD = "keep_from_child"
    WASH_UP = "wash_up"  # goes to the dishwasher or the sink after use
    RECYCLE = "recycle"


class Use(enum.Enum):
    """What a part is for."""

    HOLD = "hold"
    CARRY = "carry"  # lift the whole thing by it
    PULL = "pull"
    POUR = "pour"
    DRINK_FROM = "drink_from"
    CUT = "cut"
    PIERCE = "pierce"
    STRIKE = "strike"
    TURN_SCREW = "turn_screw"
    GRIP = "grip"
    SCOOP = "scoop"
    STIR = "stir"
    GRATE = "grate"
    ROLL_OVER = "roll_over"  # rolls over the work, as a rolling pin or a paint roller does
    ROLL_ON = "roll_on"  # a wheel
    OPEN = "open"
    COVER = "cover"
    PRESS = "press"
    TYPE = "type"
    TURN = "turn"
    LOOK_AT = "look_at"
    READ = "read"
    WRITE = "write"
    SPRAY = "spray"
    BRUSH = "brush"
    WIPE = "wipe"
    SWEEP = "sweep"
    SIT_ON = "sit_on"
    LEAN_BACK = "lean_back"
    STEP_ON = "step_on"
    STAND_ON = "stand_on"  # legs, feet, base: what the thing itself stands on
    PUT_THINGS_ON = "put_things_on"
    PUT_THINGS_IN = "put_things_in"
    HANG_BY = "hang_by"
    WEAR = "wear"
    LIGHT = "light"
    BURN = "burn"
    EAT = "eat"
    PLUG_IN = "plug_in"
    AIM = "aim"
    STICK = "stick"
    GROW = "grow"
    TIE = "tie"
    KEEP_RAIN_OFF = "keep_rain_off"
    WARN = "warn"
