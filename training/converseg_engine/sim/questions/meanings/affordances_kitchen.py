"""What is it for: eating, drinking, cooking."""

from __future__ import annotations

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.questions.meanings.by_tag import use
from converseg_engine.sim.questions.meanings.meaning import Meaning

_KITCHEN = "eating and cooking"

MEANINGS: tuple[Meaning, ...] = (
    use(
        _KITCHEN,
        Tag.DRINK,
        "is made for drinking",
        ("~something to drink from", "what can i drink from?", "what do i drink my water from?"),
        ("which of these do people drink from?",),
    ),
    use(
        _KITCHEN,
        Tag.CUT,
        "cuts food",
        (
            "~something to cut bread with",
            "what can i slice a tomato with?",
            "what do i use to cut this loaf?",
            "~something that slices",
        ),
        ("what would peel and slice an apple?",),
    ),
    use(
        _KITCHEN,
        Tag.HOLD_SOUP,
        "holds soup",
        (
            "~something to eat soup from",
            "where can i pour the soup?",
            "what can i serve soup in?",
            "what should the cereal and milk go in?",
        ),
        ("what would hold a portion of stew?",),
    ),
    use(
        _KITCHEN,
        Tag.EAT_SOUP_WITH,
        "is made for eating soup with",
        (
            "~something to eat soup with",
            "what do i eat my yogurt with?",
            "what would i eat cereal with?",
        ),
        ("what brings the soup to my mouth?",),
    ),
    use(
        _KITCHEN,
        Tag.EAT,
        "can be eaten as it is",
        (
            "~something to eat",
            "i am hungry, what can i have right now?",
            "what could i eat as it is?",
            "what would make a quick snack?",
        ),
        ("what could i bite into right away?",),
    ),
    use(
        _KITCHEN,
        Tag.FRY,
        "is made for frying",
        (
            "~something to fry an egg in",
            "what do i fry the fish in?",
            "what can i make pancakes in?",
        ),
        ("what would you brown onions in?",),
    ),
    use(
        _KITCHEN,
        Tag.SERVE,
        "is made for serving food on",
        (
            "~something to serve dinner on",
            "what do i put the sandwich on?",
            "what can i serve the cake on?",
            "what do i put on the table for a guest to eat from with knife and fork?",
        ),
        ("what would you lay a slice of pizza on?",),
    ),
    use(
        _KITCHEN,
        Tag.BOIL,
        "is made for boiling",
        (
            "~something to boil water in",
            "what can i heat up water in?",
            "what can water boil in?",
        ),
        ("what would bring a liter of water to the boil?",),
    ),
    use(
        _KITCHEN,
        Tag.POUR,
        "is made for pouring",
        (
            "~something to pour water with",
            "what has a spout to pour from?",
            "what can i pour water from?",
        ),
        ("what is made to pour from?",),
    ),
    use(
        _KITCHEN,
        Tag.STIR,
        "stirs",
        (
            "~something to stir the sauce with",
            "what can i stir the pot with?",
            "the sauce must be stirred, what do i take?",
        ),
        ("what keeps the risotto moving?",),
    ),
    use(
        _KITCHEN,
        Tag.TURN_FOOD,
        "turns food in the pan",
        (
            "~something to turn the pancake with",
            "what do i flip the burger with?",
            "what can i turn the fried egg over with?",
        ),
        ("what gets under a pancake?",),
    ),
    use(
        _KITCHEN,
        Tag.ROLL_DOUGH,
        "rolls dough",
        (
            "~something to roll out the dough",
            "what makes the pizza dough flat?",
            "how do i get this dough thin?",
        ),
        ("what do bakers flatten pastry with?",),
    ),
    use(
        _KITCHEN,
        Tag.GRATE,
        "grates",
        (
            "~something to grate the cheese with",
            "what can i grate a carrot with?",
            "what turns this block of cheese into shreds?",
        ),
        ("what would shred parmesan over the pasta?",),
    ),
    use(
        _KITCHEN,
        Tag.STRAIN,
        "strains",
        (
            "~something to drain the pasta with",
            "what can i rinse the salad in so that the water runs out?",
            "what keeps the noodles and lets the water go?",
        ),
        ("what do i tip the boiled potatoes into so they drip off?",),
    ),
    use(
        _KITCHEN,
        Tag.CHOP_ON,
        "is made for chopping on",
        (
            "~something to chop onions on",
            "what do i cut the vegetables on?",
            "what should go under the bread while i slice it?",
        ),
        ("what protects the worktop from my knife?",),
    ),
    use(
        _KITCHEN,
        Tag.SEASON,
        "seasons food",
        (
            "~something to season the soup with",
            "the eggs taste of nothing, what helps?",
            "what do i sprinkle over the fries?",
        ),
        ("what would give bland food some taste?",),
    ),
    use(
        _KITCHEN,
        Tag.COVER_POT,
        "covers a pot",
        (
            "~something to cover the pot with",
            "what goes on top of the pot so that it boils faster?",
            "what keeps the steam in?",
        ),
        ("what closes a pot?",),
    ),
    use(
        _KITCHEN,
        Tag.TOAST,
        "toasts bread",
        (
            "~something to toast bread in",
            "how do i get crisp toast?",
            "where do the slices of bread go to get brown?",
        ),
        ("what makes toast for breakfast?",),
    ),
    use(
        _KITCHEN,
        Tag.PICK_UP_FOOD,
        "picks up food",
        (
            "~something to pick up a piece of meat with",
            "what would i spear a potato with?",
            "what can i eat noodles with?",
        ),
        ("what do i eat salad with?",),
    ),
    use(
        _KITCHEN,
        Tag.CARRY_DISHES,
        "carries dishes",
        (
            "~something to carry all the cups on",
            "what would take four glasses in one go?",
            "what can i bring breakfast to bed on?",
        ),
        ("what does a waiter carry drinks on?",),
    ),
    use(
        _KITCHEN,
        Tag.KEEP_WARM,
        "keeps drinks warm",
        (
            "~something that keeps tea hot for hours",
            "what keeps my coffee warm on the way?",
            "what should i fill with hot tea for the hike?",
        ),
        ("what still holds a hot drink in the evening?",),
    ),
)
