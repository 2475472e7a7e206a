"""The pages, as an office of 2005 saw them: HTML 4.01, tables, frames.

Pure: values in, text out. The markup is as untidy as it was then: unclosed
rows and cells, unquoted attributes, names both as letters and as entities. A
client's id stands in links and one cell, never in a data attribute.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from html import escape
from typing import Final
from urllib.parse import quote_plus

from deploy.demo.application.clients import Client
from deploy.demo.application.messages import CHARSET

PAGE_SIZE: Final = 20

_DOCTYPE: Final = (
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN"\n'
    '  "http://www.w3.org/TR/html4/loose.dtd">\n'
)
_META: Final = (
    '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">\n'
)
TABS: Final = {
    "contact": ("contact", "inkomen"),
    "inkomen": ("inkomen",),
    "gezondheid": ("gezondheid",),
    "cv": ("cv",),
    "alles": ("contact", "inkomen", "gezondheid", "cv"),
}
"""Tab of the client page: the sections it shows, as far as the client has them."""
CATEGORIES: Final = {
    "contact": "contact",
    "inkomen": "income",
    "gezondheid": "health",
    "cv": "cv",
}
"""Section: the data category it is."""


def page(title: str, body: str, account: str | None = None) -> str:
    """A whole page; with an account it says who is logged in."""
    who = (
        f'<div id="wie">Ingelogd als <b>{escape(account)}</b></div>\n'
        if account is not None
        else ""
    )
    return (
        f"{_DOCTYPE}<html>\n<head>\n{_META}<title>Vesta - {escape(title)}</title>\n"
        '<link rel="stylesheet" type="text/css" href="/static/vesta.css">\n'
        '<script type="text/javascript" src="/static/vesta.js"></script>\n'
        f"</head>\n<body bgcolor=#FFFFFF>\n{who}{body}\n</body>\n</html>\n"
    )


def login_form(action: str, *, wrong: bool) -> str:
    """The login form; after a wrong password with a line that says so."""
    message = (
        '<p class="fout"><font color=red>Gebruikersnaam of wachtwoord onjuist.'
        "</font></p>\n"
        if wrong
        else ""
    )
    return page(
        "Aanmelden",
        f'<img src="/static/logo.gif" width=120 height=40 alt="Vesta">\n{message}'
        f'<form name="login" method="post" action="{action}">\n<table border=0>\n'
        '<tr><td>Gebruikersnaam<td><input type="text" name="j_username" size=20>\n'
        '<tr><td>Wachtwoord<td><input type="password" name="j_password" size=20>\n'
        '<tr><td><td><input type="submit" value="Aanmelden">\n</table></form>',
    )


def frameset() -> str:
    """The start page: top, menu and main."""
    return (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Frameset//EN">\n'
        f"<html><head>{_META}<title>Vesta</title></head>\n"
        '<frameset rows="60,*" border=0>\n'
        '<frame src="/top.do" name="top" scrolling=no noresize>\n'
        '<frameset cols="180,*">\n<frame src="/menu.do" name="menu">\n'
        '<frame src="/welkom.do" name="main">\n</frameset>\n'
        "<noframes><body>Uw browser kent geen frames.</body></noframes>\n"
        "</frameset></html>\n"
    )


def top(account: str) -> str:
    """The frame with the logo."""
    return page(
        "Boven",
        '<table width="100%"><tr><td><img src="/static/logo.gif" alt="Vesta">'
        '<td align=right><a href="/logout.do" target="_top">Afmelden</a></table>',
        account,
    )


def _link(client: Client, target: str = "main") -> str:
    return (
        f'<a href="/client/view.do?id={client.id}" target="{target}">'
        f"{escape(client.name)}</a>"
    )


def menu(account: str, recent: Iterable[Client]) -> str:
    """The frame with the menu; it names the clients seen last."""
    rows = "".join(f"<tr><td>{_link(client)}\n" for client in recent)
    return page(
        "Menu",
        "<ul><li><a href=/zoeken.do target=main>Zoeken</a>"
        "<li><a href=/caseload.do target=main>Mijn caseload</a>"
        "<li><a href=/welkom.do target=main>Agenda</a></ul>\n"
        f'<b>Laatst bekeken</b>\n<table id="recent">\n{rows}</table>',
        account,
    )


def _rows(clients: Iterable[Client]) -> str:
    parts: list[str] = []
    for number, client in enumerate(clients):
        shade = "oneven" if number & 1 else "even"
        if client.restricted:
            parts.append(
                f'<tr class={shade}><td><img src="/static/slot.gif" alt="">'
                "<td colspan=4><i>afgeschermde cli\xebnt</i></tr>\n"
            )
            continue
        parts.append(
            f'<tr class={shade}><td><img src="/static/map.gif" alt=""><td>'
            f"{_link(client)}<td>{client.birth:%d-%m-%Y}"
            f"<td>{client.postcode}&nbsp; {escape(client.city)}"
            f"<td>{client.benefit}\n"
        )
    return "".join(parts)


def _table(name: str, clients: Iterable[Client]) -> str:
    return (
        f'<table id="{name}" border=1 cellspacing=0 cellpadding=2 width="100%">\n'
        "<tr><th>&nbsp;<th>Naam<th>Geboren<th>Woonplaats<th>Uitkering\n"
        f"{_rows(clients)}</table>\n"
    )


def search(
    account: str, name: str, total: int, number: int, clients: Iterable[Client] | None
) -> str:
    """The search form, with a result list once something was searched."""
    form = (
        '<form method=get action="/zoeken.do">Achternaam '
        f'<input name="naam" value="{escape(name)}"> '
        "<input type=submit value=Zoeken></form>\n"
    )
    if clients is None:
        return page("Zoeken", form, account)
    more = (
        f'<a href="/zoeken.do?naam={quote_plus(name, encoding=CHARSET)}'
        f'&pagina={number + 1}">volgende</a>'
        if total > number * PAGE_SIZE
        else ""
    )
    return page(
        "Zoekresultaat",
        f"{form}<p>{total} gevonden</p>\n{_table('resultaten', clients)}{more}",
        account,
    )


def caseload(account: str, total: int, number: int, clients: Iterable[Client]) -> str:
    """The clients an advisor guides."""
    return page(
        "Mijn caseload",
        f"<p>{total} cli&euml;nten, pagina {number} "
        f'(<a href="/caseload.do?pagina={number + 1}">volgende</a>, '
        f'<a href="/export.do?caseload=1">CSV</a>)</p>\n{_table("caseload", clients)}',
        account,
    )


def agenda(account: str, clients: Iterable[Client]) -> str:
    """The welcome page with today's appointments."""
    rows = "".join(
        f"<tr><td>{9 + hour}:00<td>{_link(client)}<td>gesprek\n"
        for hour, client in enumerate(clients)
    )
    return page(
        "Agenda", f'<h3>Vandaag</h3>\n<table id="agenda">\n{rows}</table>', account
    )


def sections_of(client: Client, tab: str) -> tuple[str, ...]:
    """The sections a tab really shows for this client."""
    holds = {
        "contact": True,
        "inkomen": bool(client.income),
        "gezondheid": bool(client.health),
        "cv": bool(client.cv),
    }
    return tuple(name for name in TABS.get(tab, TABS["contact"]) if holds[name])


def _section(client: Client, name: str) -> str:
    if name == "contact":
        cells: Iterable[tuple[str, str]] = (
            ("Adres", client.street),
            ("Postcode", f"{client.postcode} {client.city}"),
            ("Telefoon", client.phone),
            ("E-mail", client.email),
        )
    elif name == "inkomen":
        cells = (("Uitkering", client.benefit), *client.income)
    elif name == "gezondheid":
        cells = tuple(("Belasting", line) for line in client.health)
    else:
        cells = client.cv
    rows = "".join(
        f'<tr><td class="label" width=140 nowrap><font face="Verdana" size=1>'
        f'{escape(label)}</font><td class="waarde"><font face="Verdana" size=1>'
        f"{escape(value)}</font>\n"
        for label, value in cells
    )
    return (
        f'<table id="{name}" border=0 cellspacing=1 width="100%">\n'
        f"<tr><th colspan=2>{name.capitalize()}</th></tr>\n{rows}</table>\n"
    )


@lru_cache(maxsize=4096)
def client_body(client: Client, tab: str, *, printed: bool) -> str:
    """What a client page shows apart from who looks and the notes."""
    tabs = "".join(
        f'<td class="tab"><a href="/client/view.do?id={client.id}&tab={name}">'
        f"{name.capitalize()}</a></td>"
        for name in TABS
    )
    sections = "".join(_section(client, name) for name in sections_of(client, tab))
    navigation = (
        ""
        if printed
        else f'<table class="tabs"><tr>{tabs}</tr></table>\n'
        f'<a href="/client/print.do?id={client.id}" target="_blank">Afdrukken</a>\n'
    )
    return (
        f'<table class="kop"><tr><td>Cli\xebntnummer<td id="clientnr">{client.id}'
        f"<tr><td>Naam<td>{escape(client.first_name)} {escape(client.surname)}"
        f"<tr><td>Geboren<td>{client.birth:%d-%m-%Y}"
        f"<tr><td>BSN<td>{client.citizen_number}</table>\n{navigation}{sections}"
    )


def client_page(
    account: str, client: Client, tab: str, notes: Iterable[str], saved: bool
) -> str:
    """One client, one tab."""
    lines = "".join(f"<li>{escape(note)}" for note in notes)
    done = "<p><b>Notitie opgeslagen.</b></p>\n" if saved else ""
    return page(
        f"Cliënt {client.id}",
        f"{done}{client_body(client, tab, printed=False)}"
        f'<ul id="notities">{lines}</ul>\n'
        '<form method="post" action="/client/notitie.do">'
        f'<input type="hidden" name="id" value="{client.id}">'
        "<textarea name=tekst rows=3 cols=40></textarea>"
        "<input type=submit value=Opslaan></form>",
        account,
    )


def print_page(account: str, client: Client, today: date) -> str:
    """One client, everything, for the printer."""
    return page(
        f"Afdruk {client.id}",
        f"{client_body(client, 'alles', printed=True)}<hr>Afgedrukt {today:%d-%m-%Y}",
        account,
    )


def message(title: str, text: str, account: str | None) -> str:
    """A page that only says something: refused, unknown, wrong."""
    return page(title, f'<p class="melding">{escape(text)}</p>', account)


def csv(clients: Iterable[Client]) -> str:
    """An export as a spreadsheet of the day read it: semicolons, CRLF, quotes."""
    lines = ["clientnr;naam;geboortedatum;bsn;adres;postcode;woonplaats;uitkering"]
    for client in clients:
        birth = f"{client.birth:%d-%m-%Y}"
        lines.append(
            f'{client.id};"{client.name}";{birth};{client.citizen_number};'
            f'"{client.street}";{client.postcode};"{client.city}";{client.benefit}'
        )
    return "\r\n".join([*lines, ""])


def suggestions(clients: Iterable[Client]) -> str:
    """The autocomplete's answer."""
    return json.dumps(
        [{"id": client.id, "naam": client.name} for client in clients],
        ensure_ascii=False,
        separators=(",", ":"),
    )
