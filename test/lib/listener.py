# SPDX-License-Identifier: GPL-2.0-or-later
"""A recogniser that listens to what the gateway says: pocketsphinx.

It has to tell each address from its near misses: the same one but for a house
number that is next to it or sounds like it (1215, 1250), another street, type,
direction, unit or room, another town, another digit of the postal code.  What
it hears is what G.711 leaves, 8 kHz, each sample twice (its model is one of
16 kHz).
"""
import array
import audioop
import os
import subprocess
import wave

MODEL = "/usr/share/pocketsphinx/model/en-us"
# Of most there are others that sound nearly alike.
STREETS = """Main Maple Mill Hill Miller Hillside Park Clark Oak Oakland
Pine Vine Spruce Cedar Elm Chestnut Walnut Washington Lincoln Madison Jefferson
Jackson Johnson Franklin Harrison Monroe Church Market Spring Summer Winter Water
River Lake Harbor Forest Ridge Garden Cherry Canal Center Court Union Mission
Broadway Meadow Valley Highland Prospect Pleasant Sunset Willow Dogwood""".split()
TYPES = "St Ave Rd Dr Ln Blvd Ct Pl Way Ter Pkwy Cir".split()
DIRECTIONS = "N S E W NE NW SE SW".split()
UNITS = "Ste Apt Rm Fl Unit".split()
# Each with its state and the first three digits of its postal codes.
CITIES = [line.rsplit(" ", 2) for line in """Portland OR 972
Seattle WA 981
Oakland CA 946
Denver CO 802
Boston MA 021
Austin TX 787
Houston TX 770
Dallas TX 752
Chicago IL 606
Cleveland OH 441
Columbus OH 432
Phoenix AZ 850
Atlanta GA 303
Buffalo NY 142
Albany NY 122
Lincoln NE 685
Madison WI 537
Jackson MS 392
Richmond VA 232
Raleigh NC 276
Nashville TN 372
Memphis TN 381
Detroit MI 482
Orlando FL 328
Tampa FL 336
Miami FL 331
Newark NJ 071
Trenton NJ 086
Camden NJ 081
Salem OR 973
Eugene OR 974
Boise ID 837
Helena MT 596
Fargo ND 581
Omaha NE 681
Wichita KS 672
Tulsa OK 741
Tucson AZ 857
Fresno CA 937
Berkeley CA 947""".split("\n")]

class Address:
    """As somebody writes it, in parts."""

    def __init__(self, **parts):
        self.parts = parts

    def __str__(self):
        p = self.parts
        words = [p["number"], p["before"], p["street"], p["type"], p["behind"],
                 p["unit"], p["unit_number"] if p["unit"] else ""]
        street = " ".join(str(w) for w in words if w)
        city, state, postal = p["city"]
        return f"{street}, {city}, {state} {postal}{p['postal']:02}"

    def but(self, **parts):
        return Address(**{**self.parts, **parts})

    def near_misses(self):
        """One part is another one."""
        p = self.parts
        yield from (self.but(number=n) for n in near_numbers(p["number"]))
        yield from (self.but(street=s) for s in STREETS)
        yield from (self.but(type=t) for t in TYPES)
        yield from (self.but(city=c) for c in CITIES)
        for side in ("before", "behind"):
            yield from (self.but(**{"before": "", "behind": "", side: d})
                        for d in ["", *DIRECTIONS])
        if p["unit"]:
            yield from (self.but(unit=u) for u in UNITS)
            yield from (self.but(unit_number=n)
                        for n in near_numbers(p["unit_number"]))
        for digit in range(10):
            yield self.but(postal=p["postal"] // 10 * 10 + digit)
            yield self.but(postal=digit * 10 + p["postal"] % 10)


def near_numbers(number):
    """Those next to it, those with a digit more or fewer or two in another
    order, and those that sound like it: thirteen and thirty."""
    near = {number + d for d in (-1000, -100, -10, -2, -1, 1, 2, 10, 100, 1000)}
    near |= {number // 10, number * 10}
    digits = str(number)
    for i in range(len(digits) - 1):
        near.add(int(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2:]))
    for unit in (1, 100):
        two = number // unit % 100
        if 13 <= two <= 19:
            near.add(number + ((two - 10) * 10 - two) * unit)
        elif two % 10 == 0 and two >= 30:
            near.add(number + (two // 10 + 10 - two) * unit)
    return sorted(n for n in near if 1 <= n <= 9999 and n != number)


def random_number(random):
    """House numbers of all kinds, the round ones too."""
    return random.choice((random.randint(1, 99), random.randint(100, 999),
                          random.randint(1000, 9999),
                          random.randint(1, 99) * 100,
                          random.randint(10, 99) * 100 + random.randint(1, 9)))


def random_address(random):
    direction, where = random.choice(DIRECTIONS), random.randint(0, 2)
    return Address(
        number=random_number(random), street=random.choice(STREETS),
        type=random.choice(TYPES),
        before=direction if where == 1 else "",
        behind=direction if where == 2 else "",
        unit=random.choice(["", *UNITS]), unit_number=random.randint(1, 999),
        city=random.choice(CITIES), postal=random.randint(0, 99))


def grammar(sentences):
    """One of these, as JSGF."""
    return ("#JSGF V1.0;\ngrammar address;\npublic <address> =\n  "
            + "\n| ".join(" ".join(words) for words in sentences) + "\n;\n")


def telephone(samples):
    """16 bits, 8 kHz -> what the far end of G.711 hears of it."""
    return audioop.ulaw2lin(audioop.lin2ulaw(samples, 2), 2)


def read_wav(path):
    with wave.open(path) as file:
        assert file.getframerate() == 8000 and file.getnchannels() == 1
        assert file.getsampwidth() == 2
        return file.readframes(file.getnframes())


def write_doubled(path, samples):
    """Each sample twice: 16 kHz, which the model wants."""
    one = array.array("h", samples)
    two = array.array("h", bytes(4 * len(one)))
    two[0::2] = one
    two[1::2] = one
    with open(path, "wb") as file:
        file.write(two.tobytes())


def words_of(text):
    """What a sentence says, without its pauses."""
    return text.replace(",", "").replace(".", "").split()


def hear(samples, sentences, directory):
    """8 kHz samples -> which of these sentences (lists of words) it is."""
    def path(name):
        return os.path.join(directory, name)
    silence = bytes(2 * 8000 // 2)
    write_doubled(path("one.raw"), silence + telephone(samples) + silence)
    with open(path("list"), "w", encoding="ascii") as file:
        file.write("one\n")
    with open(path("address.gram"), "w", encoding="ascii") as file:
        file.write(grammar(sentences))
    subprocess.run(
        ["pocketsphinx_batch", "-hmm", f"{MODEL}/en-us", "-dict",
         f"{MODEL}/cmudict-en-us.dict", "-jsgf", path("address.gram"),
         # Pauses are said on purpose: without this they are taken for words.
         "-silprob", "0.5",
         # All of it is there: no need to guess its mean from the start.
         "-cmn", "batch",
         "-ctl", path("list"), "-cepdir", directory, "-cepext", ".raw",
         "-adcin", "yes", "-hyp", path("heard"), "-logfn", path("log")],
        check=True)
    with open(path("heard"), encoding="ascii") as file:
        heard = file.read().rpartition("(")[0]
    return [word.split("(")[0] for word in heard.split()]


class Speaker:
    """e911-speak of a build."""

    def __init__(self, build, directory):
        self.program = os.path.join(build, "sidecar", "e911-speak")
        self.wav = os.path.join(directory, "said.wav")
        self.directory = directory

    def words(self, texts):
        """What each text is in words."""
        done = subprocess.run([self.program, "-w", *texts], check=True,
                              stdout=subprocess.PIPE, text=True)
        lines = [words_of(line) for line in done.stdout.splitlines()]
        assert len(lines) == len(texts)
        return lines

    def samples(self, text):
        subprocess.run([self.program, "-o", self.wav, text], check=True)
        return read_wav(self.wav)

    def say_and_hear(self, address):
        """What was said, what was heard, how many there were to choose from."""
        texts = sorted({str(a) for a in address.near_misses()} | {str(address)})
        sentences = self.words(texts)
        said = sentences[texts.index(str(address))]
        heard = hear(self.samples(str(address)), sentences, self.directory)
        return said, heard, len(texts)
