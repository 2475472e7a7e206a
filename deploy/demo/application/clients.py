"""Fifty thousand synthetic clients: each a pure function of (seed, number).

Nobody in here exists. The citizen service numbers pass the 11-test and start
with 999, a range that was never issued. Names hold the diacritics that
ISO-8859-1 can carry, because that is where a wrong charset shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

COUNT: Final = 50_000
"""Clients of one register: as many as ``citizen_number`` has distinct values."""
FIRST_ID: Final = 900_000


def _words(text: str) -> tuple[str, ...]:
    """Words that ISO-8859-1 can carry: the application knows no other charset."""
    return tuple(
        word.replace("-", " ")
        for word in text.split()
        if all(ord(letter) < 256 for letter in word)
    )


SURNAMES: Final = _words(
    "Jansen de-Vries van-den-Berg Bakker Visser Smit Meijer Boer Mulder Groot Bos "
    "Vos Peters Hendriks Dekker Brouwer Dijkstra Smeets Kok Vermeulen Jacobs "
    "Hermans Schouten Willems Kuipers Timmermans Postma Kramer Veenstra Scholten "
    "Prins Blom Huisman Peeters Kuiper Veldman Hoekstra Koster Verhoeven Driessen "
    "Gerritsen Maas Martens Molenaar Bosch Evers Franssen Wolters Sanders Yilmaz "
    "Çelik Güven Öztürk Şahin-Kaya Kaplan Aydin Demir Amrani Bouzid Haddad "
    "Nguyen Tran Wong Kowalski Nowak Wójcik-Mazur Müller Schröder Jäger Größe "
    "García López Fernández Núñez Peña Silva Conceição Araújo Lefèvre Crépin "
    "Noël Citroën Daniëls Zoë-Maria Wiëlaert Reünie Coöper Naïma Böhm Åkesson "
    "Sørensen Mæland Ramdin Sewnath Jankie Pinas Doekhi Kartosen Tuhuteru Sahetapy"
)
FIRST_NAMES: Final = _words(
    "Anna Bram Chloë Daan Eva Femke Gijs Hanna Iris Joost Kees Lotte Mila Niels "
    "Olivia Pieter Quint Renée Sanne Teun Ursula Vera Wouter Xander Yara Zoë "
    "Fatma Mehmet Ayşe Mohammed Aïcha René Joëlle Andréa José Björn Søren André"
)
STREETS: Final = _words(
    "Dorpsstraat Kerkstraat Molenweg Schoolstraat Stationsweg Lindelaan Parkweg "
    "Beatrixstraat Julianalaan Havenkade Brugstraat Nieuwstraat Raadhuisplein "
    "Dijkweg Eikenlaan Zonnehof Marktplein Hoogstraat Vijverlaan Koningsweg"
)
CITIES: Final = _words(
    "Zwolle Almere Breda Tilburg Arnhem Assen Emmen Leiden Delft Gouda Hoorn "
    "Venlo Weert Goes Tiel Ede Epe Heerlen Sittard Deventer Almelo Hengelo "
    "Enschede Meppel Sneek Drachten Lelystad Utrecht Haarlem Purmerend"
)
BENEFITS: Final = ("WW", "WIA", "Wajong", "ZW", "Participatiewet", "geen")
CONDITIONS: Final = (
    "rugklachten, maximaal 4 uur zitten",
    "energetische beperking, urenbeperking 20 uur",
    "slechthorend, doventolk nodig bij intake",
    "herstellend van operatie, herbeoordeling over 6 maanden",
    "prikkelgevoelig, rustige werkplek vereist",
)
JOBS: Final = (
    "magazijnmedewerker",
    "verpleegkundige",
    "administratief medewerker",
    "heftruckchauffeur",
    "kok",
    "onderwijsassistent",
    "lasser",
    "caissière",
    "schilder",
    "programmeur",
)

_MASK: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One synthetic person and what the application holds about them."""

    id: str
    name: str
    """As in lists: surname, initial."""
    first_name: str
    surname: str
    birth: date
    citizen_number: str
    street: str
    postcode: str
    city: str
    phone: str
    email: str
    benefit: str
    income: tuple[tuple[str, str], ...]
    """(month, amount); empty when there is no income section."""
    health: tuple[str, ...]
    cv: tuple[tuple[str, str], ...]
    """(years, job)."""
    restricted: bool
    """Nobody may open it: 403."""


def mix(seed: int, number: int, salt: int) -> int:
    """A well-spread 64-bit number of three (splitmix64's finaliser)."""
    z = (seed * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9 + salt) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def citizen_number(position: int) -> str:
    """The position's own nine digits that pass the 11-test; 0 to COUNT - 1.

    Two neighbours share five free digits; when the even one has no check digit
    (remainder 10), the odd one has: its sum is 2 higher.
    """
    for free in (2 * position, 2 * position + 1):
        digits = f"999{free:05d}"
        check = sum(
            weight * int(digit)
            for weight, digit in zip(range(9, 1, -1), digits, strict=True)
        )
        if check % 11 != 10:
            return f"{digits}{check % 11}"
    raise AssertionError("one of two neighbours has a check digit")


def passes_eleven_test(number: str) -> bool:
    """True when nine digits are shaped like a citizen service number."""
    if len(number) != 9 or not number.isdigit():
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    total = sum(w * int(d) for w, d in zip(weights, number, strict=True))
    return total % 11 == 0


def surname(seed: int, number: int) -> str:
    """The surname of a client; apart, because the search index needs only that."""
    return SURNAMES[mix(seed, number, 1) % len(SURNAMES)]


def restricted(number: int) -> bool:
    """About one in a hundred is shielded (a colleague, a witness)."""
    return number % 97 == 13


@lru_cache(maxsize=4096)
def client(seed: int, number: int) -> Client:
    """The client with this number, 0 to COUNT - 1; always the same for a seed."""
    a, b, c = (mix(seed, number, salt) for salt in (2, 3, 4))
    last = surname(seed, number)
    first = FIRST_NAMES[a % len(FIRST_NAMES)]
    birth = date(1950, 1, 1) + timedelta(days=(a >> 8) % (54 * 365))
    month = 1 + (b >> 4) % 12
    income = tuple(
        (f"{1 + (month + k) % 12:02d}-2005", f"{900 + (b >> (8 + k)) % 1400},{k}0")
        for k in range((b & 3) * 2)
    )
    health = tuple(
        CONDITIONS[(b >> (20 + k)) % len(CONDITIONS)] for k in range((b >> 2) & 1)
    )
    start = birth.year + 18
    cv = tuple(
        (f"{start + 3 * k}-{start + 3 * k + 2}", JOBS[(c >> (k * 4)) % len(JOBS)])
        for k in range(c % 4)
    )
    letters = "ABCDEGHJKLMNPRSTVWXZ"
    return Client(
        id=str(FIRST_ID + number),
        name=f"{last}, {first[0]}.",
        first_name=first,
        surname=last,
        birth=birth,
        citizen_number=citizen_number(number * 7919 % COUNT),
        street=f"{STREETS[(c >> 16) % len(STREETS)]} {1 + (c >> 24) % 240}",
        postcode=f"{1000 + (c >> 32) % 8999} "
        f"{letters[(a >> 40) % 20]}{letters[(a >> 46) % 20]}",
        city=CITIES[city_of(seed, number)],
        phone=f"06-{10_000_000 + (c >> 20) % 90_000_000}",
        email=f"client{number}@voorbeeld.invalid",
        benefit=BENEFITS[(b >> 40) % len(BENEFITS)],
        income=income,
        health=health,
        cv=cv,
        restricted=restricted(number),
    )


def city_of(seed: int, number: int) -> int:
    """Index in CITIES; apart, because the export by city needs only that."""
    return mix(seed, number, 5) % len(CITIES)


class Register:
    """All clients of a seed, found by number, surname, city and caseload."""

    def __init__(self, seed: int, advisors: int) -> None:
        self._seed = seed
        self._advisors = advisors
        self._by_surname: dict[str, list[int]] = {}
        self._by_city: dict[str, list[int]] = {}
        for number in range(COUNT):
            name = surname(seed, number).casefold()
            self._by_surname.setdefault(name, []).append(number)
            city = CITIES[city_of(seed, number)].casefold()
            self._by_city.setdefault(city, []).append(number)

    def get(self, client_id: str) -> Client | None:
        """The client with this id, or None; never raises on a wrong one."""
        if len(client_id) != 6 or not (client_id.isascii() and client_id.isdigit()):
            return None
        number = int(client_id) - FIRST_ID
        return client(self._seed, number) if 0 <= number < COUNT else None

    def numbered(self, numbers: list[int]) -> list[Client]:
        """The clients of these numbers, in order."""
        return [client(self._seed, number) for number in numbers]

    def named(self, prefix: str) -> list[int]:
        """Numbers of the clients whose surname starts so; "" finds nobody."""
        wanted = prefix.strip().casefold()
        if not wanted:
            return []
        found: list[int] = []
        for name, numbers in self._by_surname.items():
            if name.startswith(wanted):
                found.extend(numbers)
        return found

    def living_in(self, city: str) -> list[int]:
        """Numbers of the clients who may be exported by city."""
        numbers = self._by_city.get(city.strip().casefold(), [])
        return [number for number in numbers if not restricted(number)]

    def caseload(self, advisor: int) -> list[int]:
        """Numbers of the clients an advisor guides: some two hundred."""
        return [
            number
            for number in range(advisor, COUNT, self._advisors * 4)
            if not restricted(number)
        ]
