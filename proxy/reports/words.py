"""The words of reports, in English and Dutch.

Every text a reader sees stands here, by a key that is the same in both languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Language(Enum):
    """Of a report."""

    EN = "en"
    NL = "nl"


class Audience(Enum):
    """Who reads it."""

    CITIZEN = "citizen"
    """The person it is about: no employee, no address, no technical detail."""
    INVESTIGATOR = "investigator"


_EN = {
    "citizen_title": "Who looked at your data: dates and purposes",
    "investigator_title": "Views of one client",
    "about": "About",
    "period": "Period",
    "to": "up to, and without,",
    "made": "Made at",
    "summary": "Result",
    "count": "The record was opened {opened} times, and shown {listed} times as one "
    "in a list, a search result or a menu.",
    "citizen_intro": "This page says when your data was shown on a screen, for which "
    "purpose, and which kinds of data. It does not name employees. What was shown "
    "was not always read.",
    "investigator_intro": "A row says that an account was shown a record: whether a "
    "person read it is more than this can tell. Names rest on what stands beside them.",
    "incomplete": "NOT COMPLETE: there are more than {n} rows. Ask again for a shorter "
    "period.",
    "caveats_incomplete": "NOT COMPLETE: there are more such periods than are shown.",
    "ids_incomplete": "NOT COMPLETE: there are more ids of this client than were "
    "followed.",
    "conflicts": "Ids that contradict each other were not followed: {n}.",
    "views": "Consultations",
    "none": "None was recorded in this period.",
    "not_established": "Periods that are not established",
    "not_established_intro": "In these periods, or of these pages, data can have been "
    "shown without it standing above.",
    "all_established": "There are none: no gaps, no pages that were not read, and "
    "every view has a name.",
    "when": "When",
    "what": "What was done",
    "purpose": "Purpose",
    "categories": "Kinds of data",
    "application": "Application",
    "reference": "Reference",
    "account": "Account",
    "founded": "Founded on",
    "address": "From",
    "rule": "Rule",
    "by": "By id",
    "why": "Why",
    "from": "From",
    "until": "Until",
    "number": "Number",
    "detail": "Detail",
    "kind": "Kind",
    "unknown_purpose": "not recorded",
    "any": "all",
    "unknown": "unknown",
    "learned": "learned later",
    "ids": "Ids that were followed",
    "view": "opened",
    "list": "in a list",
    "search": "in a search result",
    "export": "in an export",
    "print": "printed",
    "mention": "named in passing",
    "create": "made",
    "update": "changed",
    "delete": "deleted",
    "kind_view": "consultation",
    "kind_unestablished": "not established",
    "why_before": "nothing of this time was recorded or is kept",
    "why_erased": "older rows were erased at the end of their time",
    "why_gap": "traffic was not recorded",
    "why_silence": "the recording gave no sign of life",
    "why_unread": "pages whose content could not be read",
    "why_unattributed": "it is not known who was shown data, of any client",
}

_NL = {
    "citizen_title": "Inzage in uw gegevens: wanneer en waarvoor",
    "investigator_title": "Inzages in één dossier",
    "about": "Over",
    "period": "Periode",
    "to": "tot, en zonder,",
    "made": "Gemaakt op",
    "summary": "Uitkomst",
    "count": "Het dossier is {opened} keer geopend, en {listed} keer getoond als één "
    "van een lijst, een zoekresultaat of een menu.",
    "citizen_intro": "Deze pagina zegt wanneer uw gegevens op een scherm zijn getoond, "
    "waarvoor, en welke soorten gegevens. Namen van medewerkers staan er niet in. Wat "
    "is getoond, is niet altijd gelezen.",
    "investigator_intro": "Een regel zegt dat een account een dossier getoond kreeg: "
    "of een mens het las, is hieruit niet te weten. Een naam rust op wat "
    "ernaast staat.",
    "incomplete": "NIET VOLLEDIG: er zijn meer dan {n} regels. Vraag een kortere "
    "periode.",
    "caveats_incomplete": "NIET VOLLEDIG: er zijn meer zulke periodes dan hier staan.",
    "ids_incomplete": "NIET VOLLEDIG: er zijn meer nummers van deze cliënt dan zijn "
    "gevolgd.",
    "conflicts": "Nummers die elkaar tegenspreken zijn niet gevolgd: {n}.",
    "views": "Raadplegingen",
    "none": "In deze periode is er geen vastgelegd.",
    "not_established": "Periodes die niet zijn vastgesteld",
    "not_established_intro": "In deze periodes, of op deze pagina's, kunnen gegevens "
    "zijn getoond zonder dat het hierboven staat.",
    "all_established": "Er zijn er geen: geen hiaten, geen ongelezen pagina's, en elke "
    "inzage heeft een naam.",
    "when": "Wanneer",
    "what": "Wat er gebeurde",
    "purpose": "Doel",
    "categories": "Soorten gegevens",
    "application": "Applicatie",
    "reference": "Kenmerk",
    "account": "Account",
    "founded": "Rust op",
    "address": "Vanaf",
    "rule": "Regel",
    "by": "Op nummer",
    "why": "Waarom",
    "from": "Van",
    "until": "Tot",
    "number": "Aantal",
    "detail": "Bijzonderheden",
    "kind": "Soort",
    "unknown_purpose": "niet vastgelegd",
    "any": "alle",
    "unknown": "onbekend",
    "learned": "later bekend geworden",
    "ids": "Nummers die zijn gevolgd",
    "view": "geopend",
    "list": "in een lijst",
    "search": "in een zoekresultaat",
    "export": "in een export",
    "print": "afgedrukt",
    "mention": "terloops genoemd",
    "create": "aangemaakt",
    "update": "gewijzigd",
    "delete": "verwijderd",
    "kind_view": "raadpleging",
    "kind_unestablished": "niet vastgesteld",
    "why_before": "van deze tijd is niets vastgelegd of bewaard",
    "why_erased": "oudere regels zijn aan het einde van hun termijn gewist",
    "why_gap": "verkeer is niet vastgelegd",
    "why_silence": "de vastlegging gaf geen teken van leven",
    "why_unread": "pagina's waarvan de inhoud niet kon worden gelezen",
    "why_unattributed": "niet bekend is wie gegevens, van welke cliënt ook, te zien "
    "kreeg",
}

WORDS: Mapping[Language, Mapping[str, str]] = {Language.EN: _EN, Language.NL: _NL}
