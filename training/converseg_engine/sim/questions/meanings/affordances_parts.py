"""Which part of it serves: where to hold, pull, press, sit, pour."""

from __future__ import annotations

from converseg_engine.sim.objects.catalog import Use
from converseg_engine.sim.questions.meanings.by_part import part_meaning
from converseg_engine.sim.questions.meanings.meaning import Meaning

MEANINGS: tuple[Meaning, ...] = (
    part_meaning(
        Use.HOLD,
        "is to hold it by",
        (
            "where do i hold the {ref}?",
            "where should i grasp the {ref}?",
            "+the place to hold the {ref}",
            "which part of the {ref} is for my hand?",
        ),
        ("by what should a gripper take the {ref}?", "where does my hand go on the {ref}?"),
    ),
    part_meaning(
        Use.CARRY,
        "is to carry it by",
        (
            "how do i carry the {ref}? show me where to lift it",
            "where do i lift the {ref}?",
            "what do i pick the {ref} up by?",
        ),
        ("which part of the {ref} takes its weight when i carry it?",),
    ),
    part_meaning(
        Use.PULL,
        "is to pull it by",
        (
            "where do i pull the {ref}?",
            "what do i pull on the {ref}?",
            "which part of the {ref} is for pulling?",
        ),
        ("where does the gripper tug at the {ref}?",),
    ),
    part_meaning(
        Use.POUR,
        "is where it pours",
        (
            "where does it come out of the {ref} when i pour?",
            "which part of the {ref} is for pouring?",
            "what part of the {ref} do i point at the glass?",
        ),
        ("which end of the {ref} goes over the cup?",),
    ),
    part_meaning(
        Use.CUT,
        "cuts",
        (
            "which part of the {ref} cuts?",
            "+the part of the {ref} that cuts",
            "what part of the {ref} is for cutting?",
        ),
        ("which part of the {ref} goes through things?",),
    ),
    part_meaning(
        Use.STRIKE,
        "strikes",
        (
            "which part of the {ref} hits the nail?",
            "+the part of the {ref} that strikes",
            "what part of the {ref} do i hit with?",
        ),
        ("which end of the {ref} meets the nail?",),
    ),
    part_meaning(
        Use.GRIP,
        "grips the work",
        (
            "which part of the {ref} grips?",
            "+the part of the {ref} that holds the nut or wire",
            "what end of the {ref} goes on the work?",
        ),
        ("which part of the {ref} bites?",),
    ),
    part_meaning(
        Use.SCOOP,
        "scoops",
        (
            "which part of the {ref} goes into the soup?",
            "+the part of the {ref} that scoops",
            "what part of the {ref} holds the food?",
        ),
        ("which end of the {ref} gets dipped in?",),
    ),
    part_meaning(
        Use.OPEN,
        "opens it",
        ("where do i open the {ref}?", "what do i move to open the {ref}?", "how do i get the {ref} open?"),
        ("where would i start to open the {ref}?",),
    ),
    part_meaning(
        Use.COVER,
        "covers it",
        (
            "which part of the {ref} keeps it closed?",
            "+the part that covers the {ref}",
            "what covers the {ref}?",
        ),
        ("what part of the {ref} keeps dust out?",),
    ),
    part_meaning(
        Use.PRESS,
        "is to press",
        ("what do i press on the {ref}?", "where do i push on the {ref}?", "+the part of the {ref} to press"),
        ("where would a finger press to work the {ref}?",),
    ),
    part_meaning(
        Use.TURN,
        "is to turn",
        (
            "what do i turn on the {ref}?",
            "which part of the {ref} can be turned?",
            "+the part of the {ref} to turn",
        ),
        ("what would i twist on the {ref}?",),
    ),
    part_meaning(
        Use.LOOK_AT,
        "is to look at",
        (
            "where do i look on the {ref}?",
            "which part of the {ref} shows something?",
            "+the part of the {ref} to look at",
        ),
        ("what part of the {ref} would i read off?",),
    ),
    part_meaning(
        Use.ROLL_ON,
        "rolls",
        (
            "what does the {ref} roll on?",
            "++the parts that the {ref} rolls on",
            "what lets me push the {ref} along?",
        ),
        ("what makes the {ref} easy to move over the floor?",),
    ),
    part_meaning(
        Use.STAND_ON,
        "carries it",
        (
            "on which part of itself does the {ref} stand?",
            "which part of the {ref} keeps it up?",
            "what part of the {ref} touches the ground?",
        ),
        ("which part of the {ref} bears all of it?",),
    ),
    part_meaning(
        Use.SIT_ON,
        "is to sit on",
        (
            "which part of the {ref} do i sit on?",
            "where do i sit on the {ref}?",
            "+the part of the {ref} to sit on",
        ),
        ("what part of the {ref} takes my weight when i sit?",),
    ),
    part_meaning(
        Use.BRUSH,
        "brushes",
        (
            "which part of the {ref} does the brushing?",
            "+the part of the {ref} that brushes",
            "where are the bristles of the {ref}?",
        ),
        ("which end of the {ref} do i not hold?",),
    ),
    part_meaning(
        Use.SPRAY,
        "is where it sprays",
        (
            "where does the spray come out of the {ref}?",
            "which part of the {ref} do i point at the target?",
            "what part of the {ref} squirts?",
        ),
        ("from where would the {ref} hit my face if i held it wrong?",),
    ),
    part_meaning(
        Use.STEP_ON,
        "is to step on",
        (
            "where do i put my feet on the {ref}?",
            "which part of the {ref} do i step on?",
            "++the parts of the {ref} to step on",
        ),
        ("what do i climb up by on the {ref}?",),
    ),
    part_meaning(
        Use.LEAN_BACK,
        "is to lean back on",
        (
            "which part of the {ref} do i lean back on?",
            "where does my back go on the {ref}?",
            "+the part of the {ref} behind my back when i sit",
        ),
        ("what part of the {ref} supports my spine?",),
    ),
    part_meaning(
        Use.TYPE,
        "is to type on",
        (
            "where on the {ref} do i type?",
            "which part of the {ref} has keys?",
            "what part of the {ref} do my fingers type on?",
        ),
        ("where on the {ref} are the letters or digits to press?",),
    ),
    part_meaning(
        Use.LIGHT,
        "gives the light",
        (
            "which part of the {ref} gives light?",
            "where does the light of the {ref} come from?",
            "+the part of the {ref} that shines",
        ),
        ("what part of the {ref} would glow?",),
    ),
)
