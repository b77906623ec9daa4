# Reads hexadecimal messages, one a line, and answers each with the JSON that "exabgp CONFIG --decode HEX" logs for
# it, or "refused". One process for all of them: the command itself takes most of a second for each.
import os
import sys

from exabgp.configuration.setup import environment

environment.setup('')

from exabgp.configuration.check import check_message
from exabgp.configuration.configuration import Configuration
from exabgp.reactor.api.response import json

configuration = Configuration([sys.argv[1]])
if not configuration.reload():
    sys.exit('exabgp refuses the configuration: %s' % configuration.error)

answers = []
update = json.JSON.update


def kept(self, *args):
    answers.append(update(self, *args))
    return answers[-1]


json.JSON.update = kept
json.JSON._counter = lambda self, neighbor: 1
out = os.fdopen(os.dup(1), 'w')
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where it logs
for line in sys.stdin:
    del answers[:]
    try:
        check_message(configuration.neighbors, line.strip())
    except Exception:
        pass
    out.write((answers[-1] if answers else 'refused') + '\n')
    out.flush()
