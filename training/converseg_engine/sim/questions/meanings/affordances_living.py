"""What is it for: the house, the body, the way."""

from __future__ import annotations

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.questions.meanings.by_tag import use
from converseg_engine.sim.questions.meanings.meaning import Meaning

_LIVING = "living"

MEANINGS: tuple[Meaning, ...] = (
    use(
        _LIVING,
        Tag.CALL,
        "makes calls",
        ("~something to call my mother with", "what can i make a call with?", "how can i ring for a taxi?"),
        ("what would i dial a number on?",),
    ),
    use(
        _LIVING,
        Tag.TELL_TIME,
        "tells the time",
        ("~something that tells the time", "how do i see how late it is?", "what shows what time it is?"),
        ("am i late? what would tell me?",),
    ),
    use(
        _LIVING,
        Tag.SHOW_PICTURE,
        "shows pictures",
        ("~something to show a photo in", "what can a picture be shown in?", "where could a photo go?"),
        ("what would display my holiday photo?",),
    ),
    use(
        _LIVING,
        Tag.GIVE_LIGHT,
        "gives light",
        (
            "~something that gives light",
            "it is dark in here, what helps?",
            "the power is out, what lights the room?",
        ),
        ("what would brighten a dark corner?",),
    ),
    use(
        _LIVING,
        Tag.FLOWERS,
        "is made for flowers",
        ("~something to put flowers in", "where do these roses go?", "what is this bouquet meant for?"),
        ("what would keep cut tulips fresh?",),
    ),
    use(
        _LIVING,
        Tag.PLAY,
        "is made for play",
        ("~something to play with", "what can a child play with?", "what would keep the kids busy?"),
        ("what is fun for a four year old?",),
    ),
    use(
        _LIVING,
        Tag.BRUSH_TEETH,
        "is for brushing teeth",
        ("what do i need for brushing my teeth?", "what do i clean my teeth with?", "what is for the teeth?"),
        ("what would my dentist want me to use twice a day?",),
    ),
    use(
        _LIVING,
        Tag.BRUSH_HAIR,
        "is for brushing hair",
        (
            "~something to brush my hair with",
            "what gets the tangles out of my hair?",
            "my hair is a mess, what helps?",
        ),
        ("what would smooth this hair?",),
    ),
    use(
        _LIVING,
        Tag.WASH_HANDS,
        "washes hands",
        (
            "~something to wash my hands with",
            "my hands are greasy, what gets them clean?",
            "what do i lather my hands with?",
        ),
        ("what makes foam for clean fingers?",),
    ),
    use(
        _LIVING,
        Tag.DRY,
        "dries",
        (
            "~something to dry my hands on",
            "my hands are wet, what do i take?",
            "what can i dry myself with?",
        ),
        ("what would i rub wet hands on?",),
    ),
    use(
        _LIVING,
        Tag.WIPE,
        "wipes",
        (
            "~something to wipe up the spill with",
            "there is juice on the floor, what soaks it up?",
            "what can i wipe the table with?",
        ),
        ("what would take up a puddle of milk?",),
    ),
    use(
        _LIVING,
        Tag.SCRUB,
        "scrubs",
        (
            "~something to scrub the pot with",
            "what gets burnt food off the pan?",
            "what do i scrub the dirt off with?",
        ),
        ("the dirt sits tight, what would rub it off?",),
    ),
    use(
        _LIVING,
        Tag.SPRAY,
        "sprays",
        (
            "~something to spray the window with",
            "what can i spray cleaner with?",
            "what makes a fine mist?",
        ),
        ("what has a trigger to squirt with?",),
    ),
    use(
        _LIVING,
        Tag.CARRY_WATER,
        "carries water",
        (
            "~something to carry water in",
            "what can i bring five liters of water in?",
            "what would i fetch water with?",
        ),
        ("what would catch the water from a leak?",),
    ),
    use(
        _LIVING,
        Tag.CARRY_THINGS,
        "carries things",
        (
            "~something to carry other things in",
            "what is made for carrying things?",
            "what could i fill with things and carry away?",
        ),
        ("my arms are full, what could hold all this?",),
    ),
    use(
        _LIVING,
        Tag.TRAVEL,
        "is made for travel",
        (
            "~something to pack for a trip",
            "what would i take my clothes on holiday in?",
            "what do i pack for the flight in?",
        ),
        ("what goes to the check-in desk?",),
    ),
    use(
        _LIVING,
        Tag.THROW_AWAY,
        "takes rubbish",
        ("~something to throw rubbish in", "where does this trash go?", "what do i drop this wrapper into?"),
        ("where can i get rid of a dirty tissue?",),
    ),
    use(
        _LIVING,
        Tag.SIT,
        "is made for sitting",
        ("~something to sit on", "my legs are tired, where can i sit?", "what can a guest sit down on?"),
        ("what would you offer a visitor to rest on?",),
    ),
    use(
        _LIVING,
        Tag.CLIMB,
        "is made for stepping on",
        (
            "~something to reach the lamp from",
            "what can i stand on to reach the ceiling?",
            "what would i climb to get to the top?",
        ),
        ("i am too short for the high cupboard, what is safe to step on?",),
    ),
    use(
        _LIVING,
        Tag.WEAR,
        "is worn",
        ("~something to wear", "which of these could i wear?", "what do people wear?"),
        ("what goes on a head or on feet?",),
    ),
    use(
        _LIVING,
        Tag.KEEP_RAIN_OFF,
        "keeps the rain off",
        ("~something against the rain", "it is pouring outside, what should i take?", "what keeps me dry?"),
        ("what would you open over your head in a shower?",),
    ),
    use(
        _LIVING,
        Tag.SWEEP,
        "sweeps",
        (
            "~something to sweep the floor with",
            "what gets these crumbs off the floor?",
            "what do i sweep with?",
        ),
        ("what would gather the leaves?",),
    ),
    use(
        _LIVING,
        Tag.WARN,
        "warns people",
        (
            "~something that warns people",
            "what tells everybody to stay away?",
            "what is there to warn passers-by?",
        ),
        ("what marks a danger spot?",),
    ),
    use(
        _LIVING,
        Tag.POWER,
        "brings electricity",
        (
            "~something to bring power to my lamp",
            "what gives electricity to a device?",
            "what can i plug another device into?",
        ),
        ("my cable is too short, what helps?",),
    ),
    use(
        _LIVING,
        Tag.PUT_OUT_FIRE,
        "puts out fires",
        (
            "~something to put out a fire",
            "there is a fire, quick, what do i grab?",
            "what is for fighting fires?",
        ),
        ("the bin is in flames, what stops it?",),
    ),
    use(
        _LIVING,
        Tag.COMFORT,
        "is soft and comforting",
        (
            "~something to cuddle",
            "what can a child hold to fall asleep?",
            "what is soft and comforting?",
        ),
        ("what would comfort a crying toddler?",),
    ),
    use(
        _LIVING,
        Tag.PACK,
        "is made for packing",
        ("~something to pack a gift in", "what can i send by mail?", "what would i ship a present in?"),
        ("what could i wrap up and post?",),
    ),
)
