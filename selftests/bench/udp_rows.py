#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""udp_rows.py SAMPLES: the rows of bench-udp out of what udp_guest.sh measured."""

import sys

from kload_rows import Kload


def main():
    k = Kload("udp", sys.argv[1:], "Requests of 700 octets and their answers, as many from inside "
              "as from outside; nf_nat_sip rewrites fewer fields, and inspects none.")
    plain = k.get("message", "masquerade")
    k.put("a message: more than under masquerade", k.get("message", "gw", "masquerade"),
          k.get("message", "helper", "masquerade"), "nf_nat_sip", 0.5)
    k.put("a message: all of its way through the gateway", k.get("message", "gw"), plain,
          "masquerade that looks at nothing")
    k.put("a message: all of its way through the gateway", k.get("message", "gw"),
          k.get("message", "helper"), "masquerade with nf_nat_sip")


main()
