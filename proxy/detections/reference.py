"""docs/detections.md, from the catalogue: ``python -m proxy.detections``."""

from __future__ import annotations

from proxy.detections.catalogue import Detection, Window, catalogue

HEAD = """\
# Detections

Generated from `proxy/detections/` by `make detections-docs`; a test holds it to that.

A detection is a question to the store whose answer somebody should look at. A finding
is no verdict: it names an account, a day and figures, and the person who reviews it
asks why.

```sh
whosaw detect --reason weekly        # the last week; once each
whosaw detect --from 2026-05-01 --to 2026-06-01 --reason "audit of May"
whosaw detect --explain 3f9a12 --reason "case 7"    # the rows behind a finding
whosaw review 3f9a12 --state explained --reason "intake for the other office"
whosaw reviewed --from 2026-05-01    # how many within the agreed term
```

With `detections` in the [config](configuration.md) `whosaw run` does it every hour:
events of the day that has begun, days once they are over (seven hours later, when their
night has ended), two days back for rows and names that came late.

* A finding has an id made of what it is about; it is written once and never changed.
  What people make of it is appended to `reviews`: `open`, `seen`, `explained`,
  `escalated`, with reviewer, time and reason. Neither is sealed: they are rows of the
  store, and who may write there could write them.
* Sentences name neither account nor client. Findings hold the account's name and the
  client's pseudonym.
* Programs and shared accounts, which the alias file of a rule set names, are apart: a
  robot is compared with its own past only, and questions about what a person may see
  leave both out.
* At most 1,000 findings of a detection are kept of a run; more is a threshold that is
  wrong, and is told.
* What needs context ([staff, caseload, watchlist](store.md#context)) is not asked
  without it, and the run says so.
* An account counts under the name that is known by now; views that are in gaps or on
  unread pages are in no finding.

## Thresholds

A YAML file that `detections.thresholds` names; without it the figures below count, in
UTC with hours from 07:00 to 19:00 on weekdays. Mistakes are told with their lines, all
at once.

```yaml
zone: Europe/Amsterdam                 # whose days, hours and daylight saving
holidays: [2026-04-27, 2026-12-25]
hours:
  usual: {monday: 07:00-19:00, tuesday: 07:00-19:00, thursday: 07:00-21:00}
  shifts:                              # a schedule of the staff file
    saturday: 22:00-06:00
    sunday: [07:00-12:00, 22:00-06:00]
    holiday: 07:00-23:00
detections:
  volume: {least: 100, factor: 5, severity: high}
  two-places: {trusted: [10.20.0.0/16]}
  outside-hours: {enabled: no}
suppress:                              # kept with the reason, not sent to a SIEM
  - {detection: volume, employee: jansen, reason: yearly audit, until: 2026-07-01}
  - detection: watched-subject
    subject: 000102030405060708090a0b0c0d0e0f
    reason: the client asked for it
    until: 2026-07-01
```

A day without hours is a free day; hours that end before they begin end on the next day;
on a holiday only the hours of `holiday` count.

## To a SIEM

`detections.push` sends each new finding as an OCSF Detection Finding (class 2004,
schema 1.5.0) as JSON: by POST over HTTP (any 2xx takes it), or in an RFC 5424 message
over TCP with octet counting, without TLS: let a relay on the host do that. At least
once, oldest first, with a cursor in the state directory; a receiver that does not
answer is tried three times and again at the next run. Syslog acknowledges nothing: what
a connection took and lost is lost. `metadata.uid` is the id of the finding. The events
were checked against the attributes the class requires, not with the whole schema.

## How well

`make detections-report` plants cases of every kind in a seeded month of a simulated
organisation and prints recall, precision and false findings per 10,000 views; what it
models stands in `tests/detections_report/`. A model is kinder than people: set
thresholds on your own first month.

## Catalogue
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_section(each) for each in catalogue())


def _section(each: Detection) -> str:
    head = each.head
    window = "at once" if head.window is Window.EVENT else "when the day is over"
    needs = f", needs the {head.needs}" if head.needs else ""
    figures = "".join(
        f"| `{name}` | {_shown(parameter.default)} | {parameter.means} |\n"
        for name, parameter in head.parameters.items()
    )
    blind = "".join(f"- {each}\n" for each in head.cannot_see)
    return (
        f"\n### {each.id}\n\n{head.title}: {head.severity.value}, judged {window}"
        f"{needs}.\n\n> {head.sentence}\n\n"
        f"| figure | default | what it means |\n|---|---|---|\n{figures}\n"
        f"It cannot see:\n\n{blind}"
    )


def _shown(default: float | list[str]) -> str:
    if isinstance(default, list):
        return ", ".join(default) or "none"
    return f"{default:g}"
