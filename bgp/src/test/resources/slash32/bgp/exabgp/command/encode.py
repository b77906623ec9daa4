# Reads "SESSION<tab>COMMAND" lines and answers each with the messages, in hexadecimal, that ExaBGP sends for the
# command, or "refused". SESSION is a word of: ibgp or ebgp, as4 or as2, and addpath, joined by commas.
import os
import sys

from exabgp.configuration.setup import environment

environment.setup('')

from exabgp.bgp.message import OUT, Update
from exabgp.bgp.message.open.asn import ASN
from exabgp.bgp.message.open.capability.asn4 import ASN4
from exabgp.bgp.message.update import EOR
from exabgp.bgp.message.update.attribute import NextHop
from exabgp.bgp.message.update.nlri.nlri import NLRI
from exabgp.bgp.neighbor import Neighbor
from exabgp.configuration.static import ParseStaticRoute
from exabgp.protocol.family import AFI
from exabgp.protocol.ip import IPv4, NoNextHop
from exabgp.reactor.api import API
from exabgp.configuration.core.format import formated
from exabgp.rib.outgoing import OutgoingRIB


class Addpath(object):
    def __init__(self, all_families):
        self.all_families = all_families

    def send(self, afi, safi):
        return self.all_families


class Session(object):
    """What was agreed, as the encoders ask for it."""

    def __init__(self, words):
        self.local_as = ASN4(65001)
        self.peer_as = ASN4(65001) if 'ibgp' in words else ASN4(65002)
        self.asn4 = 'as2' not in words
        self.addpath = Addpath('addpath' in words)
        self.families = NLRI.known_families()
        self.msg_size = 4096
        self.neighbor = Neighbor()

    def nexthopself(self, afi):
        if afi != AFI.ipv4:
            raise TypeError('the session has an IPv4 address')
        return IPv4('192.0.2.1')


def routes(api, line):
    action, kind = line.split(' ')[:2]
    if kind == 'route':
        changes = api.api_route(line)
    elif kind in ('attributes', 'attribute'):
        changes = api.api_attributes(line, [])
    elif kind == 'flow':
        changes = api.api_flow(line)
    elif kind == 'vpls':
        changes = api.api_vpls(line)
    else:
        return None
    for change in changes or []:
        if action == 'withdraw':
            change.nlri.action = OUT.WITHDRAW
            if kind == 'route' and change.nlri.nexthop is NoNextHop:
                change.nlri.nexthop = NextHop('0.0.0.0')
        else:
            change.nlri.action = OUT.ANNOUNCE
    if kind == 'route':
        changes = [change for change in changes or [] if ParseStaticRoute.check(change)]
    return changes


def messages(api, session, line):
    line = formated(line)
    if line.startswith('announce eor'):
        family = api.api_eor(line)
        return [EOR(family.afi, family.safi).message()] if family else []
    if line.startswith('announce route-refresh'):
        refresh = api.api_refresh(line)
        return [one.message(session) for one in refresh or []]
    changes = routes(api, line)
    if not changes:
        return []
    rib = OutgoingRIB(False, set(session.families))
    for change in changes:
        rib.add_to_rib(change, True)
    return [message for update in rib.updates(True) for message in update.messages(session, True)]


api = API(None)
out = os.fdopen(os.dup(1), 'w')
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where it logs
for line in sys.stdin:
    words, command = line.rstrip('\n').split('\t', 1)
    try:
        sent = messages(api, Session(words.split(',')), command)
    except Exception as problem:
        sys.stderr.write('%s: %r\n' % (command, problem))
        sent = []
    out.write((' '.join(message.hex() for message in sent) or 'refused') + '\n')
    out.flush()
