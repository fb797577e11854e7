#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Seeded generator of short children's stories in plain English.

Every story is drawn from a stochastic grammar: an opening (who, where, what
they love), then one of some twenty plots.  A plot is a causal chain (a wish,
a trouble, an attempt, help, a solution, a lesson) whose every link has several
wordings.  Names, pronouns, things and places are bound once per story, so that
the text stays consistent.

Template language: ``[a|b|c]`` chooses one alternative (it may be nested, and
an alternative may be empty), ``{x}`` inserts the variable ``x`` of the story.
Variables of people take a digit: ``{N}`` is the hero's name, ``{N2}`` the
second person's; ``{he} {He} {him} {his} {His} {self}`` and ``{he2}`` ... are
their pronouns.  "a" becomes "an" before a vowel afterwards, and sentences get
their capital letters.

Usage: ``stories.py [--seed S] [--stories N | --megabytes M] [--out FILE]``
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from dataclasses import dataclass
from typing import Callable, Iterator, TextIO

GIRLS = ("Lily Mia Anna Sue Emma Lucy Ella Rosa Amy Zoe Nina Jane Kate Daisy "
         "Molly Sara").split()
BOYS = ("Tom Ben Tim Max Sam Jack Leo Billy Joe Peter Adam Finn Oscar Noah "
        "Will Nick").split()
ANIMAL_GIRLS = "Poppy Bella Rosie Hazel Coco Dot Luna Penny".split()
ANIMAL_BOYS = "Pip Benny Milo Toby Bruno Felix Rusty Gus".split()

# kind: (home, favourite food, adjectives, way of moving, where it lives)
ANIMALS: dict[str, tuple[str, str, str, str, str]] = {
    "rabbit": ("burrow", "carrots", "small|white|brown", "hopped", "forest"),
    "fox": ("den", "berries", "red|young|clever", "ran", "forest"),
    "bear": ("cave", "honey", "big|brown|young", "walked", "forest"),
    "mouse": ("hole", "cheese", "tiny|little|gray", "ran", "garden"),
    "squirrel": ("tree", "nuts", "little|red|quick", "jumped", "forest"),
    "duck": ("nest", "bread", "little|yellow|white", "swam", "pond"),
    "frog": ("pond", "flies", "green|little|funny", "jumped", "pond"),
    "cat": ("basket", "fish", "black|white|soft", "walked", "farm"),
    "dog": ("house", "bones", "big|brown|young", "ran", "farm"),
    "turtle": ("shell", "leaves", "old|green|slow", "walked", "pond"),
    "pig": ("barn", "apples", "pink|fat|little", "ran", "farm"),
    "bird": ("nest", "seeds", "blue|little|yellow", "flew", "forest"),
    "hedgehog": ("hole", "apples", "little|brown|shy", "walked", "garden"),
    "pony": ("barn", "apples", "brown|white|young", "ran", "farm"),
}

# Toys that may be lost, broken, lent or swapped: noun -> (adjectives, verb)
TOYS: dict[str, tuple[str, str]] = {
    "ball": ("red|blue|big|round", "play with"),
    "kite": ("red|yellow|big|pretty", "fly"),
    "boat": ("wooden|blue|small|white", "play with"),
    "doll": ("pretty|soft|little|old", "play with"),
    "truck": ("yellow|big|red|shiny", "play with"),
    "car": ("fast|red|green|shiny", "play with"),
    "teddy bear": ("soft|brown|big|old", "hug"),
    "drum": ("loud|red|small|new", "play"),
    "hat": ("warm|blue|funny|new", "wear"),
    "book": ("big|old|new|green", "read"),
    "ring": ("shiny|gold|pretty|small", "wear"),
    "train": ("long|black|wooden|new", "play with"),
    "balloon": ("big|red|yellow|round", "play with"),
    "scarf": ("long|soft|warm|red", "wear"),
}


@dataclass(frozen=True)
class Person:
    """Somebody in a story; ``sex`` is "f" or "m", ``kind`` child or animal."""

    name: str
    sex: str
    kind: str

    @property
    def is_animal(self) -> bool:
        return self.kind in ANIMALS

    def variables(self, suffix: str) -> dict[str, str]:
        """The template variables which speak of this person."""
        female = self.sex == "f"
        words = {
            "N": self.name,
            "kind": self.kind,
            "he": "she" if female else "he",
            "He": "She" if female else "He",
            "him": "her" if female else "him",
            "his": "her" if female else "his",
            "His": "Her" if female else "His",
            "self": "herself" if female else "himself",
            "child": "girl" if female else "boy",
            "went": "[went|walked|ran]",
        }
        if self.is_animal:
            home, food, adjectives, moved, land = ANIMALS[self.kind]
            words.update(home=home, food=food, adj=f"[{adjectives}]",
                         went=f"[went|{moved}]", land=land)
        else:
            words.update(home="house", food="[cookies|apples|cake]",
                         adj="[little|young|small]", land="village")
        return {key + suffix: value for key, value in words.items()}


_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_VARIABLE = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou])")
_START = re.compile(r'(^|[.!?] |\n)("?)([a-z])')


class Story:
    """One story in the making: bound variables and the text so far."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.vars: dict[str, str] = {}
        self.paragraphs: list[list[str]] = [[]]
        self.people: list[Person] = []

    def bind(self, /, **words: str) -> None:
        """Binds variables; choices within them are made now, once."""
        for key, value in words.items():
            self.vars[key] = self.expand(value)

    def expand(self, text: str) -> str:
        """Resolves the choices and variables of a template."""
        while True:
            new = _CHOICE.sub(
                lambda m: self.rng.choice(m.group(1).split("|")), text, 1)
            if new == text:
                new = _VARIABLE.sub(lambda m: self.vars[m.group(1)], text)
                if new == text:
                    return " ".join(text.split())
            text = new

    def say(self, *templates: str) -> None:
        """Appends sentences: one of the given templates."""
        text = self.expand(self.rng.choice(templates))
        if text:
            self.paragraphs[-1].append(text)

    def maybe(self, *templates: str, odds: float = 0.5) -> None:
        """Appends one of the templates, or nothing."""
        if self.rng.random() < odds:
            self.say(*templates)

    def para(self) -> None:
        """Begins a new paragraph (where there is some text already)."""
        if self.paragraphs[-1]:
            self.paragraphs.append([])

    def person(self, animal: bool | None = None, kind: str | None = None,
               land: str | None = None) -> Person:
        """Adds one more person, with a name not yet used."""
        rng = self.rng
        if animal is None:
            animal = rng.random() < 0.4
        sex = rng.choice("fm")
        used = {p.name for p in self.people}
        used_kinds = {p.kind for p in self.people}
        if animal or kind:
            names = ANIMAL_GIRLS if sex == "f" else ANIMAL_BOYS
            if kind is None:
                kind = rng.choice([k for k, v in ANIMALS.items()
                                   if k not in used_kinds
                                   and (land is None or v[4] == land)])
        else:
            names = GIRLS if sex == "f" else BOYS
            kind = "child"
        name = rng.choice([n for n in names if n not in used])
        new = Person(name, sex, kind)
        self.people.append(new)
        suffix = "" if len(self.people) == 1 else str(len(self.people))
        self.bind(**new.variables(suffix))
        return new

    def parent(self) -> None:
        """Binds {mom} (a parent or grandparent) and its pronouns."""
        mom, female = self.rng.choice([
            ("mom", True), ("mom", True), ("dad", False), ("grandma", True),
            ("grandpa", False)])
        self.bind(mom=mom, Mom=mom.capitalize(),
                  mhe="she" if female else "he", mHe="She" if female else "He",
                  mhim="her" if female else "him",
                  mhis="her" if female else "his")

    def toy(self, *nouns: str) -> None:
        """Binds {toy}, its adjective {tadj} and the verb {tverb}."""
        noun = self.rng.choice(nouns or tuple(TOYS))
        adjectives, verb = TOYS[noun]
        self.bind(toy=noun, tadj=f"[{adjectives}]", tverb=verb)

    def text(self) -> str:
        """The finished story, one paragraph a line."""
        out = "\n".join(" ".join(p) for p in self.paragraphs if p)
        out = _ARTICLE.sub(r"\1n ", out)
        return _START.sub(lambda m: m.group(1) + m.group(2)
                          + m.group(3).upper(), out)


# --------------------------------------------------------------------------
# Openings


def open_story(s: Story, animal: bool | None = None,
               hobby: str | None = None) -> Person:
    """Writes who the story is about, where they live and what they love."""
    hero = s.person(animal)
    s.parent()
    if hero.is_animal:
        noun = "{kind}"
        who = "a {adj} {kind} named {N}"
        where = {"forest": "in the [forest|woods]",
                 "pond": "near a [pond|lake]",
                 "garden": "in a [big|green] garden",
                 "farm": "on a [small|big] farm"}[s.vars["land"]]
        love = hobby or ("[play outside|sing songs|look at the sky|sleep in "
                         "the sun|eat {food}|explore new places|"
                         "tell funny stories]")
    else:
        noun = "{child}"
        who = "a {adj} {child} named {N}"
        where = ("in a [small house|little house|big house|quiet village|"
                 "small town] [near the forest|near the sea|by the river|"
                 "on a hill|with {his} mom and dad|with {his} {mom}]")
        love = hobby or ("[play outside|sing and dance|draw pictures|"
                         "read books|explore new places|run and jump|"
                         "ride {his} bike|help {his} {mom}|"
                         "climb trees|look for bugs]")
    s.bind(where=where)
    s.say(f"Once upon a time, there was {who}.",
          f"Once upon a time, there was {who}.",
          f"Once upon a time, there was {who} who lived {{where}}.",
          f"Once upon a time, {who} lived {{where}}.",
          f"Once upon a time, {{where}}, there lived {who}.",
          f"There once was {who} who lived {{where}}.",
          f"Long ago, there was {who}.",
          f"One day, {who} [woke up early|woke up very happy|"
          f"was [playing|sitting] outside].",
          f"{{N}} was a {{adj}} {noun} who lived {{where}}.",
          f"{{N}} was a [very |][happy|kind|curious|clever] "
          f"{noun}.")
    s.say(f"{{He}} [loved|liked] to {love}.",
          f"{{He}} [loved|liked] to {love} [every day|all day|in the "
          f"morning].",
          f"{{He}} was [very |][kind|happy|brave|curious|clever] and "
          f"[loved|liked] to {love}.",
          f"Every [day|morning], {{he}} liked to {love}.",
          f"{{N}} [loved|liked] to {love}.",
          f"More than anything, {{he}} loved to {love}.")
    return hero


DAY = ("One [day|morning|afternoon|sunny day|sunny morning|warm day|"
       "fine day|Sunday|beautiful day]")


def happy_end(s: Story, lesson: str) -> None:
    """Writes how everybody felt, and the lesson of the story."""
    s.maybe("[From that day on|After that|From then on], " + lesson + ".",
            "[That day|That night], {N} learned that " + s.expand(
                s.vars["moral"]) + ".",
            "{N} learned [a good|an important] lesson: " + s.expand(
                s.vars["moral"]) + ".",
            "And {N} never forgot that " + s.expand(s.vars["moral"]) + ".",
            odds=0.9)
    s.maybe("{N} [was very happy|smiled|went to sleep with a smile].",
            "It was the best day ever.", "And they all lived happily.",
            "The end.", "{He} [was very happy|felt warm and happy].", odds=0.5)


# --------------------------------------------------------------------------
# Plots


def lost_toy(s: Story) -> None:
    """A loved thing is lost, looked for with a friend, and found."""
    hero = open_story(s)
    s.toy()
    s.bind(moral="[friends help each other|it is good to ask for help|"
           "{he} should take care of {his} things]",
           spot="[under a [bush|bench|tree]|behind a [rock|tree|door]|"
           "in the [tall grass|bushes]|near the [pond|gate|fence]]",
           place="[park|garden|forest|field]")
    s.say("{He} had a {tadj} {toy}. It was {his} favorite thing.",
          "{N} had a {tadj} {toy} and {he} took it everywhere.",
          "{His} favorite thing was a {tadj} {toy}.",
          "{N} had a {tadj} {toy} that {his} {mom} gave {him}.")
    s.para()
    s.say(DAY + ", {N} {went} to the {place} with {his} {toy}.",
          DAY + ", {N} took the {toy} to the {place}.",
          DAY + ", {he} wanted to {tverb} the {toy} in the {place}.")
    s.say("{He} played [all day|for a long time] and then {he} was tired.",
          "{He} played and played until it was time to go home.",
          "{He} saw a butterfly and ran after it.",
          "{He} sat down under a tree and fell asleep.")
    s.say("But when {he} looked [around|for it], the {toy} was gone!",
          "Then {he} saw that the {toy} was not there.",
          "When {he} [stopped|woke up|looked], {he} could not find the {toy}.")
    s.say("{He} looked [here and there|everywhere], but {he} could not find "
          "it. {N} was very sad and [began|started] to cry.",
          "\"Oh no! Where is my {toy}?\" {he} [said|cried]. {He} looked "
          "everywhere, but it was not there.",
          "{N} felt very sad. \"I lost my {toy},\" {he} said.")
    s.para()
    s.person(animal=True if hero.is_animal or s.rng.random() < 0.4 else False)
    s.bind(who2="a {adj2} {kind2} named {N2}" if s.people[1].is_animal
           else "{his} friend {N2}")
    s.say("Just then, {who2} came by. \"Why are you [sad|crying]?\" "
          "asked {N2}.",
          "Then {N} met {who2}. \"What is wrong?\" asked {N2}.",
          "{who2} saw {him}. \"What happened?\" {N2} asked.")
    s.say("\"I lost my {toy},\" said {N}. \"[Can you help me|Will you help "
          "me find it]?\"",
          "\"I can't find my {tadj} {toy},\" {N} said.")
    s.say("\"Don't [worry|be sad|cry],\" said {N2}. \"[We will find it|"
          "Let's look for it] together.\"",
          "\"I will help you,\" said {N2}. \"[Let's look|Let's go and look] "
          "together.\"")
    s.say("They looked [up and down|here and there|all around the {place}]. "
          "At last, {N2} found the {toy} {spot}!",
          "They looked and looked. Then {N2} saw something {spot}. "
          "It was the {toy}!",
          "They walked [slowly |]around the {place} and looked {spot}. "
          "There was the {toy}!")
    s.para()
    s.say("{N} was so happy that {he} [jumped up and down|gave {N2} a big "
          "hug|danced]. \"Thank you, {N2}!\" {he} said.",
          "\"Thank you so much!\" said {N}. {He} hugged {N2} and smiled.",
          "\"You found it! You are a good friend,\" said {N}.")
    s.maybe("Then they played together until the sun went down.",
            "They shared some [cookies|apples|berries] and laughed.",
            "{N} let {N2} [hold|play with] the {toy} too.")
    happy_end(s, "{N} [always |]took good care of {his} {toy}")


def stuck_in_tree(s: Story) -> None:
    """A thing is stuck high up; someone who is able gets it down."""
    hero = open_story(s)
    s.toy("ball", "kite", "hat", "balloon", "scarf")
    s.bind(moral="[friends can help|it is good to ask for help|"
           "everyone is good at something]",
           helper="[bird|squirrel|monkey]")
    how = {"bird": "flew", "squirrel": "climbed", "monkey": "climbed"}
    s.bind(climbed=how[s.vars["helper"]])
    s.para()
    s.say(DAY + ", {N} got a {tadj} {toy} from {his} {mom}. {He} took it to "
          "the [park|garden].",
          DAY + ", {N} {went} to the [park|garden] with a {tadj} {toy}.",
          DAY + ", {N} was outside with {his} {tadj} {toy}.")
    s.say("[Suddenly|Then], a [strong|big] wind came. It took the {toy} "
          "[away |]and the {toy} got stuck in a [tall|big|high] tree.",
          "The wind blew [hard|very hard], and the {toy} went up, up, up. "
          "It got stuck in a [tall|big] tree.")
    s.say("\"Oh no!\" [said|cried] {N}. \"My {toy} is stuck!\"",
          "\"Oh no, my {toy}!\" {N} cried.",
          "{N} looked up. \"How can I get my {toy} back?\" {he} asked.")
    s.say("{He} jumped as high as {he} could, but the tree was too [tall|"
          "high].",
          "{He} tried to [reach|get] it with a [long |]stick, but the stick "
          "was too short.",
          "{He} tried to climb the tree, but {he} [fell down|was too small].")
    s.maybe("{N} sat down under the tree and felt sad.",
            "{He} tried again and again, but {he} could not get it.",
            "{N} wanted to cry.")
    s.para()
    s.say("A [little|kind|friendly] {helper} saw {N} and asked, \"[Can I "
          "help you|Do you need help]?\"",
          "[Just then|Then], a [little|kind|friendly] {helper} came by. "
          "\"Do you need help?\" it asked.")
    s.say("\"Yes, please,\" said {N}. \"My {toy} is stuck in the tree.\"",
          "{N} said, \"My {toy} is in the tree and I can't reach it.\"")
    s.say("\"I can [help you|get it for you],\" said the {helper}. It "
          "{climbed} up the tree and [pushed the {toy} down|got the {toy}].",
          "The {helper} smiled and {climbed} to the top of the tree. "
          "[Soon|Then] the {toy} came down.")
    s.para()
    s.say("{N} [clapped {his} hands|jumped with joy|was very happy]. "
          "\"Thank you, {helper}!\" {he} said."
          if not hero.is_animal else
          "{N} [jumped with joy|was very happy]. "
          "\"Thank you, {helper}!\" {he} said.",
          "\"Thank you! You are so [kind|clever],\" said {N}.")
    s.say("The {helper} and {N} played together [all day|all afternoon|"
          "until it was dark].",
          "{N} gave the {helper} some [nuts|berries|bread] and they became "
          "friends.",
          "They became good friends and played every day.")
    happy_end(s, "{N} and the {helper} were [best|good] friends")


def share_food(s: Story) -> None:
    """A selfish wish gives way to sharing, which is paid back."""
    open_story(s)
    s.person(animal=True)
    s.bind(moral="[it is good to share|sharing makes everyone happy|"
           "when you share, you make a friend]",
           snack="[apples|cookies|berries|nuts|cherries|pears]",
           box="[basket|bag|box]")
    s.para()
    s.say(DAY + ", {N} had a [big|full] {box} of {snack}. They were [sweet|"
          "very good], and {he} wanted to eat them all.",
          DAY + ", {his} {mom} gave {N} a {box} of {snack}. \"[These are for "
          "you|Enjoy them],\" said {his} {mom}.",
          DAY + ", {N} found a lot of {snack}. {He} put them in a {box} and "
          "sat down to eat.")
    s.say("Then a {adj2} {kind2} named {N2} came [by|along|up to {him}]. "
          "{He2} looked [tired|sad] and hungry.",
          "[Just then|Soon], {he} saw {N2}, a {adj2} {kind2}. {N2} was very "
          "hungry.")
    s.say("\"Hello, {N}. May I have some {snack}?\" asked {N2}.",
          "\"I am so hungry,\" said {N2}. \"Can you share your {snack} with "
          "me?\"",
          "\"Please, can I have one?\" {N2} asked.")
    selfish = s.rng.random() < 0.6
    if selfish:
        s.say("\"No,\" said {N}. \"They are [all |]mine!\" {N2} was sad and "
              "walked away.",
              "{N} did not want to share. \"No, they are mine,\" {he} said. "
              "{N2} went away with tears in {his2} eyes.")
        s.para()
        s.say("{N} ate [and ate|one and then two more], but the {snack} did "
              "not taste so good. {He} felt [bad|sad|alone].",
              "{N} looked at the {snack}. {He} was not happy, because {he} "
              "was alone.")
        s.say("{He} ran after {N2}. \"Wait!\" {he} said. \"I am sorry. "
              "Let's share.\"",
              "{He} found {N2} and said, \"I am sorry. You can have some "
              "{snack}.\"",
              "\"I was not [kind|nice],\" {he} thought. So {he} went to {N2} "
              "and gave {him2} half of the {snack}.")
    else:
        s.say("{N} [thought for a moment|smiled]. \"Yes, of course,\" {he} "
              "said. \"We can share.\"",
              "\"Yes, [sit down with me|here you are],\" said {N}, and {he} "
              "gave {N2} some {snack}.")
    s.say("They sat [under a tree|in the sun|on the grass] and ate together. "
          "The {snack} tasted [very |so |]good.",
          "The two of them ate the {snack} [and laughed|and talked] [all "
          "afternoon|for a long time].")
    s.para()
    s.say("The next day, {N} [got lost|lost {his} way] in the [forest|"
          "woods]. [{He} was afraid.|It was getting dark.] But {N2} "
          "[found {him}|saw {him}] and showed {him} the way home.",
          "The next day, it rained and {N} was cold and wet. {N2} let {him} "
          "sit in {his2} warm {home2} until the rain stopped."
          if s.people[1].kind not in ("turtle", "frog") else
          "The next day, {N} was sad and {N2} told {him} a funny story. "
          "Soon {N} laughed again.",
          "The next day, {N2} came back with a surprise. {He2} had a "
          "[pretty|beautiful] [flower|shell|stone] for {N}.")
    s.say("\"You shared with me, so I [want to help you|am your friend],\" "
          "said {N2}.",
          "\"Thank you, {N2},\" said {N}. \"You are a good friend.\"",
          "\"Friends help each other,\" {N2} said with a smile.")
    happy_end(s, "{N} always shared {his} [food|{snack}] with {his} friends")


def strange_noise(s: Story) -> None:
    """A frightening noise at night turns out to be a small animal."""
    open_story(s, animal=False)
    s.bind(moral="[being brave means trying even when you are scared|"
           "it is good to be brave|not every noise is scary]",
           pet="[kitten|puppy|bird|mouse|rabbit]",
           where2="[under the bed|behind the door|at the window|"
           "in the closet|in the kitchen]",
           noise="[scratch, scratch|tap, tap|bump, bump|squeak, squeak]")
    s.para()
    s.say("One [dark|cold|stormy|rainy] night, {N} was in bed. [The wind was "
          "loud.|Everyone was asleep.|The moon was behind the clouds.] "
          "Then {he} heard a [strange|funny] noise.",
          "One night, {N} could not sleep. It was [very |]dark, and {he} "
          "heard a [strange|scary] noise {where2}.")
    s.say("\"{noise},\" it went. {N} was [scared|afraid] and hid under "
          "{his} blanket.",
          "It went \"{noise}\". {N} held {his} teddy bear [very |]tight.")
    s.say("\"What is it? Is it a monster?\" {he} thought.",
          "\"Who is there?\" {he} asked, but nobody answered.",
          "\"[Mom|Dad]!\" {he} called, but nobody came.")
    s.para()
    s.say("{N} wanted to be brave. {He} took a [small |big |]light and "
          "[slowly |]walked to the noise.",
          "But {N} was [brave|curious]. {He} got out of bed, turned on the "
          "light, and looked {where2}.",
          "Then {he} called {his} {mom}. \"Let's look together,\" said "
          "{his} {mom}, and they turned on the light.")
    s.say("It was not a monster at all! It was a [little|tiny] {pet}. It "
          "was [cold|wet|cold and wet] and [hungry|afraid].",
          "There was no monster. There was only a [little|tiny] {pet} with "
          "big [brown |black |]eyes.")
    s.say("\"[Oh|Hello], little {pet}! You were [scared|afraid] too,\" said "
          "{N}.",
          "{N} laughed. \"You are only a little {pet}!\" {he} said.")
    s.para()
    s.say("{He} gave the {pet} some [milk|food|bread] and a [warm|soft] "
          "blanket.",
          "{N} picked it up [softly|with care] and kept it warm.",
          "{He} made a [small|soft] bed for the {pet} in a box.")
    s.say("In the morning, {N} asked {his} {mom}, \"Can [it|the {pet}] stay "
          "with us?\" \"Yes,\" said {his} {mom}. \"[You were very brave|"
          "You took good care of it].\"",
          "{His} {mom} [smiled|was proud]. \"You were very brave, {N},\" "
          "{mhe} said. \"The {pet} can stay.\"")
    happy_end(s, "{N} and the {pet} [slept side by side|were best friends|"
              "played every day]")


def broken_vase(s: Story) -> None:
    """Something is broken; telling the truth makes it good again."""
    open_story(s, animal=False)
    s.bind(moral="[it is best to tell the truth|it is good to be honest|"
           "telling the truth is brave]",
           vase="[vase|cup|plate|lamp|bowl]",
           vadj="[blue|white|pretty|old|big]")
    s.para()
    s.say(DAY + ", {N} was [playing|running|jumping] in the house [with a "
          "ball|with {his} dog|all alone]. {His} {mom} said, \"Please be "
          "careful.\"",
          "\"Don't [run|play ball] in the house,\" {his} {mom} always said. "
          "But [one day|one rainy day], {N} [forgot|did not listen].")
    s.say("[Suddenly|Then], {he} hit the table and the {vadj} {vase} fell "
          "down. Crash! It broke into [many|little|a lot of] pieces.",
          "{He} ran [too |very |]fast and hit the {vadj} {vase}. It fell on "
          "the floor and broke.")
    s.say("{N} was [scared|afraid|worried]. It was {his} {mom}'s favorite "
          "{vase}.",
          "\"Oh no!\" said {N}. \"What should I do?\"")
    s.para()
    s.say("First, {he} hid the pieces [under the bed|in a box|behind the "
          "chair]. But {he} felt [very |]bad. {He} could not [eat|play|"
          "sleep].",
          "{He} wanted to say that the [cat|dog|wind] did it. But {he} knew "
          "that it was not true.",
          "{He} wanted to run away and hide. But {he} knew that it was "
          "wrong.")
    s.say("So {N} went to {his} {mom} and said, \"I am sorry. I broke the "
          "{vase}.\"",
          "At last, {he} told {his} {mom} the truth. \"I broke your {vase}. "
          "I am [very |so |]sorry,\" {he} said.")
    s.say("{His} {mom} was [sad|quiet] [at first|for a moment], but then "
          "{mhe} gave {N} a hug. \"Thank you for telling [me |]the truth,\" "
          "{mhe} said.",
          "{His} {mom} looked at {him}. \"I am not angry,\" {mhe} said. "
          "\"I am [happy|proud] that you told me the truth.\"")
    s.para()
    s.say("They picked up the pieces [together |]and [fixed|mended] the "
          "{vase} with glue. [It was not perfect, but it was theirs.|It "
          "looked almost like new.]",
          "Together they cleaned the floor. Then {N} [made|painted] a new "
          "{vase} for {his} {mom}.",
          "{N} helped {his} {mom} to clean the floor, and they put some "
          "flowers [on the table|in the window].")
    happy_end(s, "{N} [was always careful in the house|always told the "
              "truth|only played ball outside]")


def learn_skill(s: Story) -> None:
    """Something hard is learned by trying again."""
    hero = open_story(s)
    s.person(animal=hero.is_animal)
    if hero.is_animal:
        skill = s.rng.choice(["swim", "jump over the river", "sing a song",
                              "climb the big tree", "catch a ball"])
    else:
        skill = s.rng.choice(["ride a bike", "swim", "skate", "sing a song",
                              "climb the big tree", "catch a ball",
                              "jump rope"])
    fail = {"ride a bike": "[fell off|fell into the grass|hit a bush]",
            "swim": "[drank some water|got water in {his} nose]",
            "skate": "[fell on the ice|fell down]",
            "sing a song": "[forgot the words|sang the wrong words]",
            "climb the big tree": "[slipped and fell|fell into the leaves]",
            "catch a ball": "[missed the ball|dropped the ball]",
            "jump rope": "[fell down|stepped on the rope]",
            "jump over the river": "[fell into the water|got wet]"}[skill]
    s.bind(skill=skill, fail=fail,
           ones="animals" if hero.is_animal else "children",
           moral="[you should never give up|with time and work you can "
           "learn new things|it is good to try again]")
    s.para()
    s.say("But there was one thing {N} could not do. {He} could not {skill}.",
          DAY + ", {N} saw {his} friend {N2} {skill}. \"I want to do that "
          "too!\" {he} said.",
          "{N} wanted to learn to {skill}, but it was [very |]hard.")
    s.say("{He} tried [once|one time|for the first time], but {he} {fail}. "
          "\"Ouch!\" said {N}." if skill not in ("sing a song",
                                                 "catch a ball") else
          "{He} tried [once|one time|for the first time], but {he} {fail}. "
          "\"Oh no!\" said {N}.",
          "[At first|The first time], {he} {fail}, and [the other "
          "{ones}|everyone] laughed.")
    s.say("\"It is too hard. I [give up|can't do it],\" {he} said [sadly|"
          "and sat down].",
          "{N} felt [very |]sad. \"I will never learn to {skill},\" {he} "
          "said.",
          "{He} tried again, and {he} {fail} again. {N} was [sad|angry].")
    s.para()
    s.say("{N2} [sat down next to {him}|came to {him}]. \"Don't give up,\" "
          "{he2} said. \"I could not {skill} at first either. I will help "
          "you.\"",
          "But {N2} said, \"I can [help|show] you. You [just |]have to try "
          "again.\"",
          "\"You can do it,\" said {N2}. \"Let's try together, "
          "[one step at a time|very slowly].\"")
    s.say("So they practiced every day. {N} [fell|failed] many times, but "
          "{he} got up and tried again." if skill not in
          ("sing a song", "catch a ball") else
          "So they practiced every day. {N} made [many|a lot of] mistakes, "
          "but {he} tried again.",
          "{N} tried again the next day, and the next day, and the day "
          "after that. {He} got better and better.",
          "{N2} showed {him} how to do it. {N} watched and tried, again and "
          "again.")
    s.say("[Then one day|At last|After one week], {he} could {skill}! "
          "\"Look at me!\" {N} [said|cried]. \"I can do it!\"",
          "[Then one morning|At last], {N} did it! {He} could {skill} all by "
          "{self}.")
    s.para()
    s.say("{N2} [clapped|cheered|was proud]. \"I knew you could do it!\" "
          "{he2} said.",
          "Everyone [cheered|clapped|was proud]. \"[Well done|Good job], "
          "{N}!\" they said.",
          "{His} {mom} was very proud and gave {him} a big hug.")
    s.say("\"Thank you for [your help|helping me], {N2},\" said {N}.",
          "{N} was so happy that {he} wanted to {skill} all day long.")
    happy_end(s, "when something was hard, {N} [always |]tried again")


def gift(s: Story) -> None:
    """There is no money for a gift; a self-made one is the best."""
    open_story(s, animal=False)
    s.person()
    s.bind(gift="[card|necklace|picture|crown|cake]",
           moral="[the best gifts come from the heart|a gift made with love "
           "is the best gift|love is worth more than money]")
    stuff = {"card": "paper and [red|blue|yellow] paint",
             "necklace": "[shells|beads] and a [long |]string",
             "picture": "[paper and paint|paper and pencils]",
             "crown": "[flowers|leaves] and [grass|ribbon]",
             "cake": "[flour, eggs, and apples|flour, milk, and berries]"}
    made = {"card": "wrote \"I love you\" on it",
            "necklace": "put the string around it",
            "picture": "drew a big [heart|house|sun]",
            "crown": "put a red flower on top",
            "cake": "put [cream|sugar] on top"}
    s.bind(stuff=stuff[s.vars["gift"]], made=made[s.vars["gift"]])
    s.para()
    s.say("Tomorrow was {his} {mom}'s birthday. {N} wanted to give {mhim} "
          "[something special|a nice gift|a present].",
          "It was almost {his} {mom}'s birthday, and {N} wanted to buy a "
          "gift for {mhim}.")
    s.say("{He} went to the [shop|store|market] and saw a [pretty|beautiful] "
          "[scarf|ring|hat]. But {he} did not have [enough |any |]money.",
          "{He} looked in {his} [pocket|purse|box], but there was only one "
          "[small |]coin. {He} could not buy anything.")
    s.say("{N} was sad. {He} sat down [on a bench|under a tree|by the road] "
          "and thought about it.",
          "\"What can I do?\" {he} thought. {He} felt sad.",
          "{He} walked home [slowly|sadly].")
    s.para()
    s.bind(friend2="a [kind|friendly] {kind2} named {N2}"
           if s.people[1].is_animal else "{his} friend {N2}")
    s.say("On the way, {he} met {friend2} and told {him2} everything.",
          "Then {friend2} came by. \"Why are you sad, {N}?\" asked {N2}.")
    s.say("\"You don't need money,\" said {N2}. \"You can make a {gift}!\"",
          "\"I have an idea,\" said {N2}. \"Why don't you make a {gift}? I "
          "can help you.\"")
    s.say("{N} liked the idea. They [found|got] some {stuff}, and {N} made a "
          "[beautiful|lovely|very nice] {gift}. {He} {made}.",
          "\"What a good idea!\" said {N}. {He} ran home and looked for "
          "{stuff}. Then {he} made a {gift} and {made}.")
    s.para()
    s.say("The next day, {N} gave the {gift} to {his} {mom}. \"Happy "
          "birthday!\" {he} said.",
          "In the morning, {N} said, \"Happy birthday, {Mom}!\" and gave "
          "{mhim} the {gift}.")
    s.say("{His} {mom} had [happy |]tears in {mhis} eyes. \"This is the best "
          "gift [ever|of all],\" {mhe} said.",
          "\"Did you make this for me?\" asked {his} {mom}. \"I love it!\" "
          "{mHe} gave {N} a big hug.")
    happy_end(s, "{N} made a gift for {his} {mom} every year")


def lost_baby(s: Story) -> None:
    """A lost young animal is led back to its mother."""
    open_story(s)
    s.bind(baby="[duckling|kitten|puppy|lamb|baby bird|baby rabbit]",
           moral="[it is good to help others|being kind feels good|"
           "a small help can mean a lot]")
    home = {"duckling": "pond", "kitten": "farm", "puppy": "farm",
            "lamb": "hill", "baby bird": "big tree",
            "baby rabbit": "forest"}[s.vars["baby"]]
    mother = {"duckling": "duck", "kitten": "cat", "puppy": "dog",
              "lamb": "sheep", "baby bird": "bird",
              "baby rabbit": "rabbit"}[s.vars["baby"]]
    s.bind(bhome=home, mother=mother)
    s.person(animal=True)
    s.para()
    s.say(DAY + ", {N} heard a [small|soft|sad] cry. {He} looked behind a "
          "[bush|tree|rock] and saw a little {baby}.",
          DAY + ", {N} was [walking|on {his} way] home when {he} saw a "
          "little {baby}. It was all alone.")
    s.say("\"Why are you crying?\" asked {N}. \"I can't find my mother,\" "
          "said the {baby}.",
          "\"Hello,\" said {N}. \"Where is your mother?\" \"I don't know,\" "
          "said the {baby}. \"I am lost.\"")
    s.say("\"Don't [cry|be afraid],\" said {N}. \"I will help you find "
          "her.\"",
          "{N} felt sorry for the {baby}. \"Come with me,\" {he} said. \"We "
          "will find your mother.\"")
    s.para()
    s.say("They walked [for a long time|down the road|through the tall "
          "grass]. First they met {N2} the {kind2}. \"Have you seen a "
          "mother {mother}?\" asked {N}.",
          "On the way, they met a {adj2} {kind2} named {N2}. \"Do you know "
          "where the mother {mother} is?\" {N} asked.")
    s.say("\"No, I have not seen her here,\" said {N2}. \"But I can [help "
          "you look|come with you].\"",
          "\"Yes,\" said {N2}. \"I saw a mother {mother} near the {bhome}. "
          "She [looked very sad|was looking for her baby].\"",
          "{N2} thought for a moment. \"You should look near the {bhome},\" "
          "{he2} said.")
    s.say("So they all went to the {bhome}. [It was a long way, and the "
          "{baby} was tired.|The sun was going down.|They sang a song on "
          "the way.]",
          "Together they went to the {bhome} and looked everywhere.")
    s.say("[At last|Then], they saw the mother {mother}. \"My baby!\" she "
          "cried. The {baby} ran to [her|its mother] and was safe again.",
          "\"Mother! Mother!\" called the {baby}. The mother {mother} ran "
          "to her baby and [kissed|hugged] it.")
    s.para()
    s.say("\"Thank you for [helping my baby|bringing my baby home],\" said "
          "the mother {mother} to {N}. \"You are very kind.\"",
          "The mother {mother} was so happy. \"How can I thank you?\" she "
          "asked. \"I am just happy to help,\" said {N}.")
    s.say("{N} [waved|said goodbye] and went home. {He} felt [proud|happy|"
          "good] inside.",
          "{N} and {N2} waved goodbye and went home together.")
    happy_end(s, "the {baby} came to [play with|visit] {N} every day")


def baking(s: Story) -> None:
    """A cake lacks something; neighbours give it, and all share."""
    hero = open_story(s, hobby="[bake cakes|cook and bake|help in the "
                      "kitchen]")
    s.person(animal=hero.is_animal)
    s.bind(cake="[apple pie|chocolate cake|berry pie|honey cake|carrot cake]",
           miss="[sugar|eggs|milk|butter|flour]",
           moral="[it is good to help each other|sharing makes everything "
           "better|good things are best with friends]")
    s.bind(isare="were" if s.vars["miss"] == "eggs" else "was",
           them="them" if s.vars["miss"] == "eggs" else "it")
    s.para()
    s.say(DAY + ", {N} wanted to make a [big |]{cake} for {his} friends. "
          "{He} got a [big |]bowl and a spoon.",
          DAY + ", {N} and {his} {mom} wanted to bake a {cake}. \"This will "
          "be fun!\" said {N}.")
    s.say("But when {he} looked [on the shelf|in the kitchen], there {isare} "
          "no {miss}!",
          "But then {N} saw that there {isare} no {miss} [left|in the "
          "house].")
    s.say("\"Oh no!\" said {N}. \"I can't make a {cake} without {miss}.\"",
          "\"What can we do now?\" asked {N}. {He} was [very |]sad.",
          "{N} was [sad|worried]. How could {he} bake now?")
    s.para()
    s.say("So {he} {went} to {his} friend {N2}. \"Do you have some {miss}?\" "
          "{he} asked.",
          "{He} {went} to the house of {N2} and knocked on the door. "
          "\"Hello, {N2}. I need some {miss},\" {he} said.")
    s.say("\"Yes, I do,\" said {N2}. \"You can have some. What are you "
          "making?\" \"I am making a {cake},\" said {N}.",
          "{N2} smiled. \"Yes, here you are,\" {he2} said, and {he2} gave "
          "{N} some {miss}.")
    s.maybe("\"Can I help you?\" asked {N2}. \"Yes, please!\" said {N}.",
            "\"Come and bake with me!\" said {N}.", odds=0.7)
    s.say("They mixed everything in the bowl and put the {cake} in the oven. "
          "Soon the [whole |]house smelled [very |so |]good.",
          "{N} put the {miss} in the bowl and {N2} mixed {them} with the "
          "spoon. Then they waited and waited.")
    s.para()
    s.say("When the {cake} was ready, {N} [gave the first piece to {N2}|cut "
          "it into pieces and shared it with everyone].",
          "[At last|Soon], the {cake} was ready. {N} called all {his} "
          "friends, and they ate it together.")
    s.say("\"This is the best {cake} [ever|I have ever had]!\" said {N2}.",
          "\"Yum! It is so good,\" they all said.",
          "Everyone [liked it very much|wanted one more piece].")
    happy_end(s, "{N} and {N2} baked together every [week|Sunday]")


def garden(s: Story) -> None:
    """A seed needs water, sun and patience."""
    open_story(s)
    s.bind(seed="[sunflower|pumpkin|apple tree|tomato plant|rose|bean "
           "plant]",
           moral="[good things take time|it is good to wait|patience is "
           "important]")
    fruit = {"sunflower": "a big yellow flower", "rose": "a pretty red flower",
             "pumpkin": "a big orange pumpkin",
             "apple tree": "a sweet red apple",
             "tomato plant": "a round red tomato",
             "bean plant": "a long green bean"}[s.vars["seed"]]
    s.bind(fruit=fruit)
    s.person(animal=True)
    s.para()
    s.say(DAY + ", {N} found a [small|tiny|little] seed. \"What is it?\" "
          "{he} asked. {His} {mom} said, \"It is a seed. Put it in the "
          "ground, and it will grow into a {seed}.\"",
          DAY + ", {his} {mom} gave {N} a [small|tiny|little] seed. \"If you "
          "take care of it, it will grow into a {seed},\" {mhe} said.")
    s.say("{N} dug a [small |little |]hole in the garden, put the seed in, "
          "and gave it some water.",
          "{N} put the seed in the ground and gave it some water.")
    s.say("The next day, {he} ran to the garden, but there was nothing "
          "[there|to see]. \"Why does it not grow?\" {he} asked.",
          "{He} waited [all day|one day|and waited], but nothing happened. "
          "{N} was sad.")
    s.para()
    s.say("A {adj2} {kind2} named {N2} came by. \"You have to wait,\" said "
          "{N2}. \"The seed needs water, sun, and time.\"",
          "\"I think my seed is [bad|broken|not good],\" {N} told {his} "
          "friend {N2} the {kind2}. \"No,\" said {N2}. \"It only needs "
          "time.\"")
    s.say("So {N} gave it water every [day|morning] and sang [a song|songs] "
          "to it.",
          "So {N} waited. The rain came, and then the sun came out.",
          "So every morning {N} and {N2} went to the garden and gave it "
          "some water.")
    s.say("[One day|Then, one morning], {he} saw something green. \"Look! It "
          "is growing!\" {he} [said|cried].",
          "After [one week|many days], there was a little green leaf. {N} "
          "jumped with joy.")
    s.say("The plant grew [taller and taller|bigger and bigger|up and up]. "
          "In the summer, there was {fruit}!",
          "It grew bigger every day. At last, {N} saw {fruit}.")
    s.para()
    s.say("{N} showed it to {N2}. \"You were right,\" {he} said. \"Good "
          "things take time!\"",
          "\"It is so beautiful,\" said {N2}. \"You took good care of it.\"",
          "{His} {mom} was very proud. \"You [waited and you worked "
          "hard|did a good job],\" {mhe} said.")
    happy_end(s, "{N} [planted a new seed every year|took care of the "
              "garden every day]")


def disobey(s: Story) -> None:
    """A warning is not heeded, a helper saves the day."""
    open_story(s)
    s.bind(danger="[river|old well|dark cave|deep hole|muddy pond]",
           moral="[it is good to listen|{he} should listen to {his} {mom}|"
           "it is important to stay safe]")
    fall = {"river": "fell into the cold water",
            "old well": "fell into the well", "dark cave": "lost {his} way",
            "deep hole": "fell into the hole",
            "muddy pond": "got stuck in the mud"}[s.vars["danger"]]
    s.bind(fall=fall)
    s.person(animal=True)
    s.para()
    s.say("{His} {mom} always said, \"Don't go near the {danger}. It is not "
          "safe.\"",
          "\"You can play outside,\" said {his} {mom}, \"but stay away from "
          "the {danger}.\"")
    s.say("But one day, {N} was [very |]curious. \"I only want to [look|have "
          "a look],\" {he} [said|thought].",
          "But {N} did not listen. [One day|One morning], {he} {went} to the "
          "{danger}.")
    s.say("{He} went [closer and closer|too close]. [Suddenly|Then], {he} "
          "slipped and {fall}!",
          "It was [dark and quiet|very quiet]. {N} took one more step, and "
          "then {he} {fall}.")
    s.say("\"Help! Help!\" [cried|called|shouted] {N}. {He} was [very |so |]"
          "scared.",
          "{N} was [very |so |]afraid. \"Help me, please!\" {he} [cried|"
          "called].")
    s.para()
    s.say("A {adj2} {kind2} named {N2} heard {him}. \"[Don't worry|Don't be "
          "afraid], I will help you,\" said {N2}.",
          "{N2} the {kind2} was [near|close by] and heard {his} cry. \"I am "
          "coming!\" {he2} [said|called].")
    s.say("{N2} found a long [rope|stick|branch]. \"Hold on to it,\" {he2} "
          "said. {He2} pulled and pulled, and {N} came out.",
          "{N2} ran to get {his} {mom}. They came back with a rope and "
          "pulled {N} out." if s.vars["danger"] != "dark cave" else
          "{N2} ran to get {his} {mom}. They came back with a light and "
          "found {N}.")
    s.say("{N} was [wet and cold|dirty and tired|tired], but {he} was safe. "
          "\"Thank you, {N2},\" {he} said.",
          "\"Thank you, {N2}! You saved me,\" said {N}.")
    s.para()
    s.say("At home, {N} told {his} {mom} everything. \"I am sorry. I did not "
          "listen,\" {he} said.",
          "{N} went home and hugged {his} {mom}. \"I am sorry,\" {he} said. "
          "\"I will listen next time.\"")
    s.say("\"I am [just |so |]happy that you are safe,\" said {his} {mom}, "
          "and {mhe} gave {him} [a big hug|some hot soup|a warm blanket].",
          "{His} {mom} was not angry. {mHe} [hugged {him}|gave {him} a warm "
          "bath] and said, \"Now you know why.\"")
    happy_end(s, "{N} never went near the {danger} [again|alone]")


def castle(s: Story) -> None:
    """What was built is knocked down by accident; rebuild it together."""
    open_story(s)
    s.person(animal=True)
    place, thing = s.rng.choice([
        ("beach", "castle"), ("garden", "tower"), ("park", "snowman"),
        ("yard", "little house"), ("field", "wall")])
    stuff = {"castle": "sand and [shells|stones]", "tower": "[stones|blocks]",
             "snowman": "snow", "little house": "wood and leaves",
             "wall": "stones"}[thing]
    s.bind(place=place, thing=thing, stuff=stuff,
           moral="[it is good to forgive|working together is fun|everyone "
           "makes mistakes]")
    day = ("One [cold|snowy|winter] day" if thing == "snowman" else DAY)
    s.para()
    s.say(day + ", {N} went to the {place} to build a {thing}. {He} used "
          "{stuff}.",
          day + ", {N} was at the {place}. \"I will build a big {thing},\" "
          "{he} said. {He} used {stuff}.")
    s.say("{He} worked [all morning|very hard|for a long time]. The {thing} "
          "was [big and beautiful|tall and strong|very tall].",
          "It took a long time, but the {thing} got bigger and bigger. {N} "
          "was [so |very |]proud.")
    s.say("[Suddenly|Then], a {adj2} {kind2} named {N2} came [running|by] "
          "and [ran|bumped] into the {thing}. It fell down!",
          "Then {N2}, a {adj2} {kind2}, came to look. But {he2} [was not "
          "careful|came too close], and the {thing} fell down.")
    s.para()
    s.say("\"Look what you did!\" [shouted|cried] {N}. {He} was [very |so |]"
          "angry.",
          "{N} was [very |so |]angry. \"You broke my {thing}!\" {he} "
          "[shouted|cried].")
    s.say("\"I am sorry,\" said {N2}. \"I did not want to break it. I only "
          "wanted to [play|see it].\"",
          "{N2} looked down. \"I am [so |very |]sorry,\" {he2} said [in a "
          "small voice|with tears in {his2} eyes].")
    s.say("{N} saw that {N2} was sad too. {He} took a deep breath. \"It is "
          "okay,\" {he} said. \"We can build it again.\"",
          "{N} thought for a moment. {He} was not angry anymore. \"Do you "
          "want to help me?\" {he} asked. \"Yes!\" said {N2}.")
    s.para()
    s.say("They worked together. {N2} got more {stuff}, and {N} put "
          "everything together.",
          "{N} built the [walls|bottom] and {N2} built the top. It was so "
          "much fun." if thing != "snowman" else
          "{N} made the body and {N2} made the head. It was so much fun.")
    s.say("The new {thing} was even [bigger|better] than the first one.",
          "Soon they had a new {thing}, and it was [bigger|better|stronger] "
          "than before.")
    s.say("\"We are a good team,\" said {N}. {N2} smiled.",
          "\"Thank you for [not being angry|being my friend],\" said {N2}.")
    happy_end(s, "{N} and {N2} built many things together")


def hurt_animal(s: Story) -> None:
    """A hurt animal is nursed and set free, and returns."""
    open_story(s, animal=False)
    s.bind(pet="[bird|owl|rabbit|squirrel|fox]",
           moral="[it is good to take care of animals|being kind is "
           "important|a kind heart makes good friends]")
    bird = s.vars["pet"] in ("bird", "owl")
    s.bind(limb="wing" if bird else "leg", move="fly" if bird else "run",
           moved="flew" if bird else "ran")
    s.para()
    s.say(DAY + ", {N} went for a walk in the [park|forest|woods] with {his} "
          "{mom}. {He} saw a little {pet} on the ground. It had a hurt "
          "{limb}.",
          DAY + ", {N} found a little {pet} [under a tree|near the road|in "
          "the grass]. It could not {move}, because its {limb} was hurt.")
    s.say("\"Oh, poor {pet}!\" said {N}. \"[We must help it|I will help "
          "you].\"",
          "\"Look, {Mom}! It is hurt,\" said {N}. \"Can we help it?\"")
    s.say("{He} picked it up [softly|with care] and took it home in {his} "
          "[hat|scarf|coat|basket].",
          "{N} put the {pet} in a [soft|warm|small] box and carried it home.")
    s.para()
    s.say("At home, {his} {mom} cleaned the {limb} and {N} gave the {pet} "
          "some water and [seeds|bread|berries].",
          "{His} {mom} put a [white |small |]bandage on the {limb}. \"It "
          "needs rest and food,\" {mhe} said.")
    s.say("Every day, {N} fed the {pet} and talked to it. It got [stronger "
          "and stronger|better and better].",
          "{N} took care of the {pet} every day. Day by day, it got better.")
    s.say("[After two weeks|One morning|Then one day], the {pet} could {move} "
          "again. \"It is time to [let it go|say goodbye],\" said {his} "
          "{mom}.",
          "Soon the {limb} was not hurt anymore. The {pet} wanted to go "
          "[home|outside].")
    s.say("{N} was sad, but {he} knew that the {pet} wanted to be free. "
          "{He} opened the [window|door], and the {pet} {moved} away.",
          "{N} took the {pet} outside. \"Goodbye, little friend,\" {he} "
          "said, and the {pet} {moved} away.")
    s.para()
    s.say("But the next [day|morning], {N} heard a noise at the window. It "
          "was the {pet}! It came back to [say thank you|see {him}].",
          "A few days later, the {pet} came back with a [red berry|shiny "
          "stone|pretty flower] for {N}. It was a gift!")
    s.maybe("{N} [laughed|smiled]. \"You are my friend,\" {he} said.",
            "\"I am so happy to see you!\" said {N}.", odds=0.7)
    happy_end(s, "the {pet} came to visit {N} every [day|week]")


def too_much(s: Story) -> None:
    """Eating too much of a good thing hurts."""
    hero = open_story(s)
    s.bind(snack="[candy|cake|ice cream|honey|jam|chocolate]",
           moral="[too much of a good thing is not good|it is better to eat "
           "a little|it is good to share]")
    s.person(animal=hero.is_animal)
    s.para()
    s.say("{N} liked {snack} more than anything. One day, {he} saw a big "
          "[bowl|jar|box] of {snack} on the table.",
          DAY + ", {N} was at a party with {his} friend {N2}. There was a "
          "lot of {snack}!")
    s.say("\"You may have a little,\" said {his} {mom}, \"but not too "
          "much.\"",
          "{His} {mom} said, \"Please save some for [the others|later].\"")
    s.say("{N} ate a little. It was so good that {he} ate a little more, and "
          "then a little more.",
          "But when {his} {mom} was not looking, {N} ate [all of it|more and "
          "more].")
    s.say("\"Stop, {N}!\" said {N2}. \"You will feel sick.\" But {N} did not "
          "listen.",
          "\"Can I have some too?\" asked {N2}. \"No,\" said {N}, and {he} "
          "ate it all.")
    s.para()
    s.say("Soon {his} tummy began to hurt. \"Ouch!\" {he} cried. \"I don't "
          "feel good.\"",
          "Then {N} felt [very |]sick. {His} tummy was [big and round|as "
          "hard as a stone]. \"Oh, my tummy!\" {he} said.")
    s.say("{N} had to stay in bed [all day|for two days]. {He} could hear "
          "the others [playing|laughing] outside.",
          "{His} {mom} put {him} to bed. {N} could not go out and play with "
          "{his} friends.")
    s.say("{N2} came to see {him}. {He2} was not angry. {He2} [brought {him} "
          "some tea|read {him} a story|told {him} a funny story].",
          "{His} {mom} gave {him} [some tea|warm soup] and sat by {his} "
          "bed.")
    s.para()
    s.say("\"I am sorry,\" said {N}. \"Next time, I will eat only a little "
          "and share the rest.\"",
          "\"I ate too much {snack},\" said {N}. \"I should have listened.\"")
    s.say("The next day, {N} felt better. {He} gave some {snack} to {N2}, "
          "and they [laughed|ate] together.",
          "Soon {he} was well again. {He} ran outside to play with {N2}.")
    happy_end(s, "{N} [always shared {snack} with {N2}|never ate too much "
              "{snack} again]")


def new_friend(s: Story) -> None:
    """Someone new is alone until somebody says hello."""
    hero = open_story(s)
    second = s.person(animal=hero.is_animal)
    s.bind(game="[hide and seek|tag|ball|a funny game|a new game]",
           moral="[it is easy to make a friend|saying hello can make a "
           "friend|being kind makes you happy]",
           kind_of="{kind2}" if second.is_animal else "{child2}",
           place="[pond|hill|big tree|meadow]" if hero.is_animal
           else "[park|school|playground|beach]")
    s.para()
    s.say(DAY + ", a new {kind_of} came to the {place}. {His2} name was "
          "{N2}. {He2} was [very |]shy.",
          DAY + ", {N} saw a new {kind_of} at the {place}. {He2} sat [all "
          "|]alone [under a tree|on a bench|on a rock].")
    s.say("The new {kind_of} watched the others play {game}, but {he2} was "
          "too [shy|afraid] to ask.",
          "Nobody talked to {him2}, and {he2} looked [very |]sad.")
    s.say("{N} thought, \"{He2} [looks sad|needs a friend].\" So {he} went "
          "to say hello.",
          "\"Why is {he2} alone?\" {N} asked {his} {mom}. \"Maybe {he2} "
          "needs a friend,\" said {his} {mom}.")
    s.para()
    s.say("\"Hi! My name is {N}. What is your name?\" {he} asked. \"I am "
          "{N2},\" said the {kind_of} [softly|in a small voice].",
          "\"Hello, I am {N},\" {he} said with a smile. \"Hello, I am "
          "{N2},\" said the {kind_of}.")
    s.say("\"Do you want to play {game} with [me|us]?\" asked {N}. {N2} "
          "[smiled|nodded]. \"Yes, please!\" {he2} said.",
          "\"Come and play {game} with us!\" said {N}. \"But I don't know "
          "how,\" said {N2}. \"I will show you,\" said {N}.")
    s.say("They played {game} [all day|until it was dark|all afternoon]. "
          "They [ran|jumped] and laughed and had a lot of fun.",
          "{N2} was [very good|very fast] at it. Everyone wanted to play "
          "with {him2}.")
    s.para()
    s.maybe("When {N} fell and hurt {his} [knee|foot], {N2} helped {him} to "
            "get up. \"Are you okay?\" {he2} asked. \"Yes, thank you,\" said "
            "{N}.", odds=0.5)
    s.say("When it was time to go home, {N2} said, \"Thank you for being my "
          "friend. I was so [alone|sad] before.\"",
          "\"This was the best day,\" said {N2}. \"Can we play again "
          "tomorrow?\" \"Of course!\" said {N}.")
    happy_end(s, "{N} and {N2} [played together every day|were best "
              "friends]")


def storm_home(s: Story) -> None:
    """A storm wrecks a home; friends build a better one."""
    open_story(s, animal=True)
    s.person(animal=True)
    s.person(animal=True)
    s.bind(moral="[friends are there when you need them|together we are "
           "strong|a home is where your friends are]")
    s.para()
    s.say("One [dark|cold] night, there was a big storm. The wind blew and "
          "the rain fell. [Crash!|Boom!] A tree fell on {N}'s home.",
          "One night, the wind was very strong. It blew and blew until "
          "{N}'s home was broken.")
    s.say("In the morning, {N} [looked at it|sat outside] and cried. \"I "
          "have no home [anymore|now],\" {he} said.",
          "{N} was cold and wet. \"Where will I sleep now?\" {he} asked "
          "sadly.")
    s.para()
    s.say("{N2} the {kind2} heard {him}. \"Don't cry, {N}. You can stay with "
          "me,\" {he2} said.",
          "{N2}, a {adj2} {kind2}, came to see {him}. \"Don't worry, {N}. "
          "We will build a new home,\" {he2} said.")
    s.say("\"But I can't build it alone,\" said {N}. \"You are not alone,\" "
          "said {N2}. Then {he2} called {N3} the {kind3}.",
          "\"You are [so |very |]kind,\" said {N}. \"But it is a lot of "
          "work.\" So {N2} asked {N3} the {kind3} to help.")
    s.say("{N2} found some [wood|sticks], {N3} got some leaves, and {N} put "
          "everything together.",
          "{N3} carried the wood, {N2} made the roof, and {N} made a [soft|"
          "warm] bed of leaves.")
    s.say("They worked [all day|from morning until night]. When {N} was "
          "tired, {N3} [sang a song|made {him} laugh].",
          "It was hard work, but they [sang|laughed] and had fun.")
    s.para()
    s.say("[At last|In the evening], the new home was ready. It was "
          "[bigger|stronger|warmer] than the old one.",
          "When the sun went down, they were done. The new home was [small "
          "but warm|strong and warm].")
    s.say("\"Thank you, my friends,\" said {N}. \"[Come in|Let's eat "
          "together]!\" They ate some soup and told stories.",
          "{N} made some soup for {N2} and {N3}. \"I have the best friends "
          "in the world,\" {he} said.")
    happy_end(s, "when the wind blew, {N} was not afraid")


def race(s: Story) -> None:
    """Winning is less than stopping to help."""
    hero = open_story(s)
    s.person(animal=hero.is_animal)
    s.bind(moral="[helping is better than winning|friends are more important "
           "than winning|it is good to help others]",
           prize="[gold cup|big cake|shiny medal|red ribbon]",
           ones="animals" if hero.is_animal else "children")
    s.para()
    s.say(DAY + ", there was a big race [in the village|near the river|in "
          "the park]. The first one to the [hill|old bridge|big tree] would "
          "get a {prize}.",
          DAY + ", all the {ones} came together for a race. \"The winner "
          "gets a {prize}!\" said {his} {mom}.")
    s.say("{N} wanted to win [very much|more than anything]. {N2} wanted to "
          "win too.",
          "\"I will win,\" said {N}. \"No, I will win,\" said {N2}.")
    s.say("\"One, two, three, go!\" They all ran as fast as they could. "
          "[Soon|At first], {N} was in front.",
          "The race began. {N} ran [very |so |]fast, and {N2} was right "
          "behind {him}.")
    s.para()
    s.say("[Suddenly|Then], {N2} fell and hurt {his2} [leg|foot]. \"Ouch!\" "
          "{he2} cried.",
          "Then {N} heard a cry. {He} looked back and saw that {N2} was on "
          "the ground.")
    s.say("{N} stopped. {He} looked at the [end of the road], and then {he} "
          "looked at {N2}.",
          "{N} did not know what to do. {He} wanted to win, but {N2} was "
          "hurt.")
    s.say("{He} ran back to {N2}. \"Are you okay? Let me help you,\" {he} "
          "said.",
          "\"A friend is more important,\" {he} thought. So {he} went back "
          "and helped {N2} to get up.")
    s.say("They walked together, [slowly|step by step], until they came to "
          "the end."
          if s.people[0].is_animal else
          "They walked together, [slowly|step by step|hand in hand], until "
          "they came to the end.",
          "{N2} [leaned on {N}|held on to {N}], and they came in last.")
    s.para()
    s.say("But everyone [clapped|cheered]. \"You did not win the race, but "
          "you were a [true|good] friend,\" said {his} {mom}. {mHe} gave "
          "both of them the {prize}.",
          "\"You could have won,\" said {N2}. \"Why did you stop?\" "
          "\"Because you are my friend,\" said {N}.")
    s.maybe("{N2} gave {him} a big hug.", "They [smiled|laughed] together.",
            odds=0.6)
    happy_end(s, "{N} and {N2} always ran side by side")


def magic(s: Story) -> None:
    """A wish is used for somebody else."""
    open_story(s)
    s.person(animal=True)
    s.bind(magic="[stone|shell|feather|key|coin]",
           madj="[shiny|golden|blue|strange]",
           moral="[it is better to give than to get|a kind wish is the best "
           "wish|kindness is the best magic]",
           own="[toys|gold|candy|a big castle]")
    s.para()
    s.say(DAY + ", {N} found a {madj} {magic} [on the ground|in the grass|"
          "near the river|under a tree]. When {he} picked it up, it began to "
          "[shine|glow].",
          DAY + ", {N} saw something [shiny|bright] [in the grass|near the "
          "river|under a leaf]. It was a {madj} {magic}!")
    s.say("\"I am a magic {magic},\" it said. \"You have one wish.\" {N} "
          "[could not believe it|was very surprised].",
          "Then {he} heard a soft voice. \"I am magic. I can give you one "
          "wish,\" said the {magic}.")
    s.say("{N} thought and thought. \"I could wish for {own},\" {he} said.",
          "\"What should I wish for?\" thought {N}. \"Maybe {own}?\"")
    s.para()
    s.say("On the way home, {he} met {N2}, a {adj2} {kind2}. {N2} was [very "
          "|]sad, because {his2} [mother|little brother|little sister] was "
          "sick.",
          "Then {he} saw a {adj2} {kind2} named {N2}. {N2} was crying. \"My "
          "[mother|little brother|little sister] is very sick,\" {he2} "
          "said.")
    s.say("{N} looked at the {magic}. {He} thought about {own}, but {he} "
          "wanted to help {N2} more.",
          "{N} felt sorry for {N2}. {He} did not think about {own} anymore.")
    s.say("\"I know what to do,\" said {N}. {He} held the {magic} and said, "
          "\"I wish that {N2}'s family is well again.\"",
          "{He} closed {his} eyes and said, \"I wish that everyone in {N2}'s "
          "family is well.\"")
    s.say("The {magic} [shone|glowed] [very |so |]bright, and then it was "
          "only a [plain|normal] {magic}.",
          "There was a bright light, and the wish came true.")
    s.para()
    s.say("{N2} ran home and came back with a big smile. \"It worked! Thank "
          "you, {N}!\" {he2} said.",
          "The next day, {N2} came with {his2} family. They were all well. "
          "\"You saved us,\" they said.")
    s.say("{N} had no wish left, but {he} had a new friend, and {he} was "
          "very happy.",
          "\"I am happy that I could help,\" said {N}.")
    happy_end(s, "{N} kept the {magic} in a little box")


def river_rescue(s: Story) -> None:
    """Small ones can help big ones."""
    s.person(animal=True, kind=s.rng.choice(
        ["mouse", "frog", "bird", "hedgehog", "squirrel"]))
    s.person(animal=True, kind=s.rng.choice(["bear", "dog", "pony", "fox"]))
    s.parent()
    s.bind(trap="[net|rope|bush]",
           moral="[even small friends can be a big help|it does not matter "
           "how big you are|everyone can help]")
    s.say("Once upon a time, there was a [tiny|small] {kind} named {N}. "
          "{He} was the smallest [of all|animal in the {land}].",
          "{N} was a [very |]small {kind} who lived with {his} family.",
          "Once upon a time, a [tiny|small] {kind} named {N} lived near a "
          "[big |]river.")
    s.say("{N} wanted to be big and strong. \"I am too small to [do "
          "anything|help anyone],\" {he} often said.",
          "The other animals were all bigger than {N}. [They never asked "
          "{him} for help.|They did not play with {him}.]")
    s.para()
    s.say(DAY + ", {N} met a big {kind2} named {N2}. \"Can I play with "
          "you?\" asked {N}. {N2} laughed. \"You are too small,\" {he2} "
          "said.",
          "{N2} was a big, strong {kind2}. \"You are so small,\" {he2} said "
          "to {N}. \"What can you do?\"")
    s.say("{N} was [very |]sad and went away.",
          "{N} looked down and did not [say anything|answer].")
    s.say("The next day, {N} heard a loud cry. \"Help! Help!\" It was {N2}. "
          "{He2} was stuck in a {trap}.",
          "Later that day, {N2} ran through the woods and got stuck in a "
          "{trap}. \"Help me!\" {he2} cried.")
    s.say("{N2} pulled and pulled, but {he2} could not get out. {He2} was "
          "too big.",
          "The other animals came, but nobody could [help {him2}|get {him2} "
          "out].")
    s.para()
    s.say("\"I can help you,\" said {N}. \"I am small, so I can get "
          "[inside|in].\"",
          "Then {N} came. \"Wait, I have an idea,\" {he} said.")
    s.say("{He} went [under|into] the {trap} and pulled at it, little by "
          "little. [Soon|At last], {N2} was free!",
          "{N} found the right spot and worked [all night|very hard] until "
          "{N2} could get out.")
    s.say("\"Thank you, {N}!\" said {N2}. \"I was wrong. You are small, but "
          "you are [very brave|very clever|a great friend].\"",
          "{N2} was so happy. \"I am sorry that I laughed at you,\" {he2} "
          "said. \"You saved me.\"")
    s.say("{N} [smiled|felt very proud]. \"Do you want to play [now|with "
          "me]?\" {he} asked. \"Yes!\" said {N2}.",
          "Then all the animals cheered for {N}.")
    happy_end(s, "{N} and {N2} [were best friends|played together every "
              "day]")


def lost_way(s: Story) -> None:
    """Lost in the woods, the hero follows a helper's advice home."""
    open_story(s)
    s.person(animal=True)
    s.bind(chase="[butterfly|white rabbit|red bird|little frog]",
           sign="[river|stars|moon|path with the white stones]",
           moral="[{he} should not go too far alone|it is good to stay "
           "calm|there is always someone who can help]")
    s.para()
    s.say(DAY + ", {N} went for a walk in the [forest|woods]. {He} saw a "
          "{chase} and ran after it.",
          DAY + ", {N} was picking flowers near the forest. Then a {chase} "
          "came by, and {N} followed it.")
    s.say("{He} ran [over the hill|between the trees] and [through the tall "
          "grass|around the big rocks]. Then the {chase} was gone.",
          "It went deeper and deeper into the trees, and {N} went after it. "
          "But soon the {chase} was gone.")
    s.say("{N} looked around. {He} did not know where {he} was. \"I am "
          "lost!\" {he} [said|cried].",
          "It was getting dark. \"Where is my home?\" {N} asked. {He} was "
          "[scared|afraid].")
    s.say("{He} [walked|went] to the left, and then to the right, but all "
          "the trees looked the same.",
          "{He} called {his} {mom}, but nobody [answered|heard {him}].")
    s.para()
    s.say("Then {he} saw two [yellow|bright|big] eyes. It was {N2}, a {adj2} "
          "{kind2}. \"Don't be afraid,\" said {N2}.",
          "{N} sat down and cried. \"Why are you crying?\" asked a {adj2} "
          "{kind2} named {N2}.")
    s.say("\"I want to go home, but I don't know the way,\" said {N}.",
          "\"I am lost,\" said {N}. \"Can you help me?\"")
    s.say("\"[That is easy|I know the way],\" said {N2}. \"Follow the "
          "{sign}, and you will [find|see] your home.\"",
          "\"Come with me,\" said {N2}. \"We will follow the {sign}.\"")
    s.say("{N} did what {N2} said. {He} walked and walked, and {he} was not "
          "afraid anymore.",
          "They walked side by side through the dark. {N2} sang a [soft|"
          "funny] song, and {N} was not afraid anymore.")
    s.para()
    s.say("At last, {he} saw a light. It was {his} home! {His} {mom} ran to "
          "{him} and [hugged {him}|held {him} tight].",
          "Soon {he} saw {his} home. \"There you are!\" said {his} {mom}. "
          "\"I was so worried.\"")
    s.say("\"{N2} helped me,\" said {N}. {His} {mom} gave {N2} some "
          "[soup|cake|bread].",
          "\"I am sorry,\" said {N}. \"I will not go so far again.\"")
    happy_end(s, "{N} never went into the woods alone")


def quarrel(s: Story) -> None:
    """Two friends want the same thing and learn to take turns."""
    hero = s.person()
    s.person(animal=hero.is_animal)
    s.parent()
    s.toy("ball", "kite", "boat", "truck", "car", "drum", "book", "train",
          "balloon")
    s.bind(moral="[it is good to take turns|sharing is more fun|friends are "
           "more important than things]",
           who="a {kind} and a {kind2}" if hero.is_animal else
           "two good friends")
    s.say("Once upon a time, there were two friends, {N} and {N2}."
          if not hero.is_animal else
          "Once upon a time, there were two friends, {N} the {kind} and "
          "{N2} the {kind2}.",
          "{N} and {N2} were [good|best] friends.",
          "One day, {N} and {N2} were playing [outside|in the garden|in the "
          "park].")
    s.say("They [did everything together|played together every day|liked the "
          "same games].", "They liked to [run and jump|play games|laugh] "
          "together.")
    s.para()
    s.say(DAY + ", they found a {tadj} {toy} [in the grass|near the road|"
          "under a tree]. \"I saw it first!\" said {N}. \"No, it is mine!\" "
          "said {N2}.",
          DAY + ", {his} {mom} gave them a {tadj} {toy}. \"I want to {tverb} "
          "it first!\" said {N}. \"No, I want to!\" said {N2}.")
    s.say("{N} pulled on one side, and {N2} pulled on the other side. "
          "[Suddenly|Then], they both fell down, and the {toy} fell into the "
          "mud.",
          "They pulled and pulled until the {toy} [fell into the mud|flew "
          "into a bush].")
    s.say("\"Look what you did!\" shouted {N}. {N2} was angry too, and {he2} "
          "went home.",
          "Now they were both angry. {N} went to the left and {N2} went to "
          "the right.")
    s.para()
    s.say("{N} sat at home with {his} {mom}. {He} had nobody to play with. "
          "\"I miss {N2},\" {he} said.",
          "{N} tried to {tverb} the {toy} alone, but it was not fun without "
          "{N2}.")
    s.say("\"You can take turns,\" said {his} {mom}. \"First you, and then "
          "{N2}.\"",
          "{His} {mom} said, \"A {toy} is only a thing, but a friend is "
          "[much |]more.\"")
    s.say("So {N} cleaned the {toy} and went to {N2}. \"I am sorry,\" {he} "
          "said. \"You can have it first.\"",
          "So {N} ran to {N2}'s home. \"I am sorry,\" {he} said. \"Let's take "
          "turns.\"")
    s.para()
    s.say("\"I am sorry too,\" said {N2}. {He2} [smiled|gave {N} a hug].",
          "{N2} smiled. \"I am sorry too. You are my best friend,\" {he2} "
          "said.")
    s.say("They took turns with the {toy} and [laughed|played] until the sun "
          "went down.",
          "First {N2} played with the {toy}, and then {N} did. It was [much "
          "| ]more fun together.")
    happy_end(s, "{N} and {N2} always took turns")


PLOTS: tuple[Callable[[Story], None], ...] = (
    lost_toy, stuck_in_tree, share_food, strange_noise, broken_vase,
    learn_skill, gift, lost_baby, baking, garden, disobey, castle,
    hurt_animal, too_much, new_friend, storm_home, race, magic, river_rescue,
    lost_way, quarrel)


def generate(seed: int) -> Iterator[str]:
    """An endless stream of stories; the same seed gives the same stream."""
    rng = random.Random(seed)
    while True:
        story = Story(rng)
        rng.choice(PLOTS)(story)
        yield story.text()


def corpus(seed: int, megabytes: float) -> list[str]:
    """Stories of the given total size."""
    out: list[str] = []
    size = 0
    for text in generate(seed):
        out.append(text)
        size += len(text) + 1
        if size >= megabytes * 1e6:
            return out
    raise AssertionError("unreachable")


def main() -> None:
    """Prints stories, a blank line between them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stories", type=int, default=3)
    parser.add_argument("--megabytes", type=float, default=0.0)
    parser.add_argument("--out", default="-")
    args = parser.parse_args()
    if args.megabytes:
        texts = corpus(args.seed, args.megabytes)
    else:
        stream = generate(args.seed)
        texts = [next(stream) for _ in range(args.stories)]
    out: TextIO = sys.stdout if args.out == "-" else open(
        args.out, "w", encoding="utf-8")
    for text in texts:
        out.write(text + "\n\n")
    if out is not sys.stdout:
        out.close()


if __name__ == "__main__":
    main()
