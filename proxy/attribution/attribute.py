"""The mechanism: candidate → confirmation → binding, for one application.

``observe`` is called when an exchange is complete, in whatever order the wires
bring them. It notes down what the exchange does to session keys (login,
logout, rotation). ``settle`` is called when every wire's watermark has passed
``needs_watermark``: it says who the exchange is of, as of its first byte.

What an exchange does to a key:

=============  ============================================================
login          the key valid after the response is bound: a key it issued
               from the first byte of the response (nobody had it before),
               a key that stayed the same from the last byte on (session
               fixation: what came before stays nameless); a replaced key
               ends. The login exchange itself is shown to the new actor.
failed login   nothing; the exchange itself stays nameless
unanswered     a login nobody saw the answer of ends the binding: from then
               on the key may be either's
logout         ends the binding valid at its first byte, from the last byte
               of its response on: what was under way is still that actor's
rotation       a changed cookie on a request that carried a bound key moves
               the binding; the old key counts for a grace (requests under
               way). Not when the answer is a login page: then the cookie is
               a new anonymous session
login page     401, a redirect to an address of a login, or what the rule
               set describes instead: ends the binding from the first byte
               of the request on
new session    a key issued again means nothing of what it meant before
=============  ============================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from proxy.attribution.asked import Asked
from proxy.attribution.keys import KeyReader
from proxy.attribution.materials import NOTHING, Materials
from proxy.attribution.names import Names
from proxy.attribution.observed import Change, Learned, Observed, Settled
from proxy.attribution.observing import Observer
from proxy.attribution.page import Page
from proxy.attribution.schemes.accompanying import Accompanying, Peer
from proxy.attribution.schemes.registry import accompanying_of
from proxy.attribution.sessions import Sessions
from proxy.attribution.settling import Settler
from proxy.attribution.spec import AttributionSpec
from proxy.exchange.model import Exchange

__all__ = ["Attribution", "Change", "Learned", "Observed", "Settled"]


NO_PEER = Peer("", 0, 0)
"""For exchanges whose connection says nothing."""


class Attribution:
    """Who, for one application."""

    def __init__(
        self,
        spec: AttributionSpec,
        application: str,
        sessions: Sessions,
        key: bytes,
        materials: Materials = NOTHING,
        *,
        accompanying: Sequence[Accompanying] = (),
        older: Sequence[bytes] = (),
    ) -> None:
        """Read claims of the rule set's identities, and of ``accompanying``.

        Sessions bound under ``older`` keys are still recognised.
        """
        schemes = [accompanying_of(each, materials) for each in spec.identities]
        schemes += accompanying
        self._keys = KeyReader(
            spec.session, application, key, older=older, known=sessions.knows
        )
        names = Names(spec.names, materials)
        self._observer = Observer(spec, sessions, self._keys, materials, schemes, names)
        self._settler = Settler(spec, sessions, names)

    def observe(
        self,
        exchange: Exchange,
        asked: Asked,
        binding: str,
        page: Callable[[], Page] | None = None,
        peer: Peer = NO_PEER,
    ) -> Observed:
        """Note down what this complete exchange does to session keys.

        Args:
            exchange: Complete, or as much of it as there will be.
            asked: Its request.
            binding: ``wire-connection-offset``, hex: the id of a binding that
                starts here.
            page: Gives the response's body, when somebody reads it as well.
            peer: Its connection.
        """
        request, response = exchange.request, exchange.response
        start = request.start_ns
        end = max(start, request.end_ns, response.end_ns if response else 0)
        keys = self._keys.of_request(request)
        observed = Observed(
            exchange, start, end, keys, binding, page=page, peer=peer.address
        )
        observed.wall_ns = asked.wall_ns
        if self._keys.elsewhere:
            observed.placed = self._keys.placed(asked, peer.wire, peer.connection)
            placed = (key for _, key in observed.placed)
            observed.keys = tuple(dict.fromkeys((*keys, *placed)))
        self._observer.observe(observed, asked, peer)
        return observed

    def settle(self, observed: Observed) -> Settled:
        """Who it is of; call it once, when no wire can bring older news."""
        return self._settler.settle(observed)
