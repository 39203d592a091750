"""What is it for: mending, building, desk work."""

from __future__ import annotations

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.questions.meanings.by_tag import use
from converseg_engine.sim.questions.meanings.meaning import Meaning

_WORK = "making and mending"

MEANINGS: tuple[Meaning, ...] = (
    use(
        _WORK,
        Tag.HAMMER,
        "drives nails",
        (
            "~something to hit a nail with",
            "how can i get this nail into the wall?",
            "what drives a nail into wood?",
        ),
        ("the nail sticks out, what do i take?",),
    ),
    use(
        _WORK,
        Tag.TURN_SCREW,
        "turns screws",
        (
            "~something to turn a screw with",
            "this screw is loose, what do i need?",
            "what can i tighten this screw with?",
        ),
        ("what gets the screws out of this hinge?",),
    ),
    use(
        _WORK,
        Tag.GRIP_NUT,
        "turns nuts",
        (
            "~something to turn a nut with",
            "what can i loosen this bolt with?",
            "the nut is stuck, what do i take?",
        ),
        ("what fits round a hexagon nut?",),
    ),
    use(
        _WORK,
        Tag.GRIP,
        "grips small things",
        (
            "~something to grip a wire with",
            "what can i pull this old nail out with?",
            "my fingers are too weak, what holds it tight?",
        ),
        ("what squeezes and holds like a strong pinch?",),
    ),
    use(
        _WORK,
        Tag.SAW,
        "saws",
        (
            "~something to saw a branch with",
            "how do i cut this board in two?",
            "what goes through a wooden plank?",
        ),
        ("what makes two short boards of a long one?",),
    ),
    use(
        _WORK,
        Tag.DRILL,
        "drills",
        (
            "~something to drill a hole with",
            "how do i get a hole into this wall?",
            "what makes a hole for the dowel?",
        ),
        ("what bores into wood?",),
    ),
    use(
        _WORK,
        Tag.MEASURE,
        "measures lengths",
        (
            "~something to measure with",
            "how can i find out how wide the door is?",
            "what tells me how long this board is?",
        ),
        ("how many centimeters is it? what would tell me?",),
    ),
    use(
        _WORK,
        Tag.PAINT,
        "is for painting",
        (
            "what do i need to paint the wall?",
            "what is for painting?",
            "what do i take to paint a fence?",
        ),
        ("what would a decorator bring for a new coat?",),
    ),
    use(
        _WORK,
        Tag.CHECK_LEVEL,
        "shows what is level",
        (
            "~something that shows if the shelf hangs straight",
            "how do i check that this is level?",
            "what has a bubble that shows what is level?",
        ),
        ("is the picture crooked? what would tell me?",),
    ),
    use(
        _WORK,
        Tag.STORE_TOOLS,
        "keeps tools",
        (
            "~something to keep my tools in",
            "what do i put the tools away in?",
            "what would carry all my tools to the site?",
        ),
        ("where do spanners and pliers go after work?",),
    ),
    use(
        _WORK,
        Tag.WRITE,
        "writes",
        (
            "~something to write with",
            "what can i sign this with?",
            "what would i take a note with?",
        ),
        ("how could i jot down a phone number?",),
    ),
    use(
        _WORK,
        Tag.CUT_PAPER,
        "cuts paper",
        (
            "~something to cut paper with",
            "what can i cut out a coupon with?",
            "what would cut this ribbon?",
        ),
        ("what do children cut out shapes with?",),
    ),
    use(
        _WORK,
        Tag.STAPLE,
        "staples",
        (
            "~something to staple these pages",
            "what fixes the sheets together at the corner?",
            "what puts a staple through these pages?",
        ),
        ("what would clinch a wire through ten sheets?",),
    ),
    use(
        _WORK,
        Tag.STICK,
        "sticks things together",
        (
            "~something to stick this poster up with",
            "what can i stick torn paper together with?",
            "the page is torn, what mends it?",
        ),
        ("what is sticky enough to mend a torn page?",),
    ),
    use(
        _WORK,
        Tag.HOLD_PENS,
        "holds pens",
        (
            "~something to keep pens in",
            "where do the pens go?",
            "what keeps my pencils upright?",
        ),
        ("what would tidy up loose pencils?",),
    ),
    use(
        _WORK,
        Tag.TYPE,
        "is made for typing",
        (
            "~something to type on",
            "what can i type a letter on?",
            "what has letters to press?",
        ),
        ("where do i enter my password?",),
    ),
    use(
        _WORK,
        Tag.COMPUTE,
        "is a computer",
        (
            "~something to write emails on",
            "what can i work on the spreadsheet with?",
            "what runs my programs?",
        ),
        ("what would you code on?",),
    ),
    use(
        _WORK,
        Tag.CALCULATE,
        "does sums",
        (
            "~something to add up these numbers with",
            "what works out 17 times 23 for me?",
            "what is made for doing sums?",
        ),
        ("what would an accountant press keys on to total a bill?",),
    ),
    use(
        _WORK,
        Tag.READ,
        "is made for reading",
        (
            "~something to read",
            "i am bored and want to read, what is there?",
            "what has pages to read?",
        ),
        ("what could i read on the train?",),
    ),
)
