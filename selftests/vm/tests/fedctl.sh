#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml
# timeout: 240
# module: no
#
# The command against the kernel: every object, files there and back, one
# transaction or nothing, long lists, and what is said where there is no module.

. "$(dirname "$0")/../lib.sh"
plan 39

EXAMPLE=$WORK/contoso.yaml
install -m 644 Documentation/examples/contoso.yaml "$EXAMPLE"
export FEDPAT_KEYDIR=$WORK/keys FEDPAT_RUNDIR=$WORK/run

generation() {
	fedctl status | awk '/^policy/ { print $3 }'
}

# refused STATUS TEXT COMMAND...: it fails so, and says so, and nothing changed.
refused() {
	local status=$1 text=$2 before after output
	shift 2

	before=$(generation)
	output=$("$@" 2>&1)
	[ $? = "$status" ] || { echo "status is not $status: $output"; return 1; }
	[[ $output == *"$text"* ]] || { echo "'$text' is not in: $output"; return 1; }
	after=$(generation)
	[ "$before" = "$after" ] || { echo "generation $before became $after"; return 1; }
}

# says TEXT COMMAND...: it succeeds and prints that; how wide a column is does not matter.
says() {
	local text output
	text=$(tr -s ' ' <<<"$1")
	shift

	output=$("$@" 2>&1) || { echo "$output"; return 1; }
	output=$(tr -s ' ' <<<"$output")
	[[ $output == *"$text"* ]] || { echo "'$text' is not in: $output"; return 1; }
}

# --- without a module ---

output=$(fedctl zone show 2>&1)
check_equal "without the module the status is 3" 3 $?
check "and the reader is told how to load it" grep -q "modprobe -a nf_nat tls" <<<"$output"
check "the version is told anyway" says "module not loaded" fedctl version
check "a workflow file is looked at all the same" \
	says "no errors" fedctl federation lint "$EXAMPLE"
check "and planned, as for an empty gateway" \
	says "what an empty gateway would get" fedctl federation plan "$EXAMPLE"
module_load || fail_all "the module does not load"

# --- the gateway of the example ---

setup_ns gw other
ip -n gw link add eth0 type dummy
ip -n gw link add eth1 type dummy
ip -n gw link set eth0 up
ip -n gw link set eth1 up
addr_ns gw eth0 203.0.113.10/32
addr_ns gw eth1 192.0.2.1/24
cd "$PWD" || exit
fedctl() {
	ns gw "$(type -P fedctl)" "$@"
}

# --- objects, one by one ---

every_object() {
	fedctl inspect add sip type sip idle-timeout 10m dialect standard &&
		says "10m 0s" fedctl inspect show sip &&
		says "dialect standard" fedctl inspect show sip &&
		fedctl zone add outside role outside interface eth0 &&
		fedctl zone add inside role inside interface eth1 &&
		says "inside   inside" fedctl zone show &&
		fedctl trustpoint add public cert /c.pem key /k.pem ca /ca.pem &&
		says "/ca.pem" fedctl trustpoint show public &&
		fedctl federation add f public-fqdn sip.example.com public-addr 203.0.113.10 \
			inside-addr 192.0.2.1 local-domain example.com \
			inside-prefix 192.0.2.0/24 inspect sip &&
		says "sip.example.com" fedctl federation show f &&
		fedctl tls-proxy add p federation f zone outside listener-port 7061 transport tls \
			server-trustpoint public client-trustpoint public &&
		says "7061" fedctl tls-proxy show p &&
		fedctl peer add edge federation f role outside subject edge.example.net \
			domain example.net addr 198.51.100.20 transport tls eku both &&
		says "eku both" fedctl peer show edge &&
		fedctl node add imp1 federation f listener 192.0.2.11:5062 transport tls routing &&
		says "routing     yes" fedctl node show imp1 &&
		fedctl domain add Example.NET federation f peer edge &&
		says "edge" fedctl domain show example.net &&
		fedctl pat add from 192.0.2.11 to 203.0.113.10 &&
		says "203.0.113.10" fedctl pat show 192.0.2.11 &&
		fedctl static-pat add tcp 203.0.113.10:5061 to 192.0.2.11:5062 federation f &&
		says "192.0.2.11:5062" fedctl static-pat show tcp-203.0.113.10-5061 &&
		fedctl acl add in permit tcp from 198.51.100.20 to 203.0.113.10 port 5061 log &&
		fedctl acl add in line 1 deny udp from any to any inactive remark "not used" &&
		says "   1  deny udp from any to any inactive remark not used" fedctl acl show in &&
		fedctl class-map add c zone outside access-list in inspect sip tls-proxy p &&
		says "tls-proxy    p" fedctl class-map show c &&
		fedctl acl add gone deny ip && fedctl acl add gone permit ip &&
		fedctl acl flush gone && says "0 entries" fedctl acl show gone &&
		fedctl acl del gone &&
		fedctl settings set max-legs 100 &&
		says "100" fedctl settings show
}
check "every object is made and shown" every_object
changed() {
	fedctl peer set edge eku role port 5063 &&
		says "subject edge.example.net" fedctl peer show edge &&
		says "eku role" fedctl peer show edge
}
check "an attribute is changed, the others stay" changed
version_of_key() {
	fedctl -j federation show f | grep '"key-version"' | head -n 1
}
key_stays() {
	local before

	before=$(version_of_key)
	fedctl federation set f public-fqdn sip2.example.com &&
		[ -n "$before" ] && [ "$(version_of_key)" = "$before" ]
}
check "a federation that is changed keeps its token key" key_stays

# --- faults of single commands ---

check "an object that is used cannot go" \
	refused 1 "tls-proxy 'p': attribute 'zone'" fedctl zone del outside
check "a name that leads nowhere is told with its attribute" \
	refused 1 "attribute 'access-list'" fedctl zone set outside access-list nolist
check "an interface has one zone" \
	refused 1 "attribute 'interface'" fedctl zone add dmz role other interface eth0
check "an address that no interface has is told with the command that adds it" \
	refused 1 "ip address add 203.0.113.99/32 dev eth0" \
	fedctl static-pat add tcp 203.0.113.99:5061 to 192.0.2.11:5062
check "a line beyond the end is refused" refused 1 "attribute 'line'" fedctl acl add in line 9 deny ip
check "what is there is not made again" refused 1 "change it with set" \
	fedctl zone add outside role outside
check "usage errors never reach the kernel" refused 2 "expected one of inside" \
	fedctl zone add x role nowhere
check "who may not is told so" refused 1 "run it as root" \
	ns gw setpriv --bounding-set=-all --inh-caps=-all "$(type -P fedctl)" zone show

# --- there and back ---

round_trip() {
	fedctl save >"$WORK/one" && fedctl apply "$WORK/one" >"$WORK/plan" &&
		says "nothing to change" cat "$WORK/plan" && fedctl save >"$WORK/two" &&
		cmp "$WORK/one" "$WORK/two"
}
check "saved and applied it is no change" round_trip
echo "{}" >"$WORK/empty"
is_empty() {
	fedctl save | grep -qx "{}"
}
take_away() {
	says "done: 0 made" fedctl apply "$WORK/empty" && is_empty
}
check "an empty file takes all away" take_away
bring_back() {
	fedctl apply "$WORK/one" && fedctl save | cmp - "$WORK/one"
}
check "the saved file brings all back, octet for octet" bring_back
check "another namespace has a policy of its own" \
	says "{}" ns other "$(type -P fedctl)" save
fedctl apply "$WORK/empty" >/dev/null

# --- faults of files ---

cat >"$WORK/bad.yaml" <<YAML
zone:
  a:
    role: outside
    interface: eth0
  b:
    role: inside
    interface: [eth1, eth0]
static-pat:
  x:
    proto: tcp
    zone: a
    public: 203.0.113.77:1
    node: 192.0.2.11:1
  y:
    proto: tcp
    zone: a
    public: 203.0.113.10:1
    node: "[2001:db8::1]:1"
YAML
check "what only the kernel sees has line and column" \
	refused 1 "bad.yaml:18:11: static-pat 'y': attribute 'node'" fedctl apply "$WORK/bad.yaml"
check "all faults come in one run" \
	refused 1 "bad.yaml:12:13: static-pat 'x': attribute 'public'" fedctl apply "$WORK/bad.yaml"
check "clashes, too" refused 1 "attribute 'interface'" fedctl apply "$WORK/bad.yaml"

# --- the workflow ---

check "a plan changes nothing" refused 0 "+ federation contoso" \
	fedctl federation apply "$EXAMPLE" --dry-run
check_not "and writes no key" test -e "$FEDPAT_KEYDIR/contoso.key"
check "the workflow derives every object" says "done: " fedctl federation apply "$EXAMPLE"
check_equal "its token keys are nobody else's" 600 "$(stat -c %a "$FEDPAT_KEYDIR/contoso.key")"
check "applied again it changes nothing" refused 0 "nothing to change" \
	fedctl federation apply "$EXAMPLE"
new_key() {
	fedctl federation rekey contoso && grep -q "^old " "$FEDPAT_KEYDIR/contoso.key" &&
		says "old-key-version" fedctl federation show contoso &&
		says "nothing to change" fedctl federation apply "$EXAMPLE"
}
check "a new key: the old one stays valid" new_key
key_of() {
	fedctl -j federation show contoso |
		grep -oE '"key-version": *[0-9]+' | grep -oE '[0-9]+$'
}
# key_file VERSION OLD: the file says these
key_file() {
	printf 'key %s %064d\nold %s %064d\n' "$1" 1 "$2" 2 >"$FEDPAT_KEYDIR/contoso.key"
}
ahead() {
	local was next
	was=$(key_of)
	next=$((was % 255 + 1))
	key_file "$next" "$was"
	fedctl federation rekey contoso && [ "$(key_of)" = "$next" ] &&
		grep -q "^key $next 0*1\$" "$FEDPAT_KEYDIR/contoso.key"
}
check "a key whose commit came to nothing is the next one, not lost" ahead
foreign() {
	local far=$((($(key_of) + 99) % 255 + 1))
	key_file "$far" $((far % 255 + 1))
	refused 1 "has key $far" fedctl federation rekey contoso
	local status=$?
	mv "$FEDPAT_KEYDIR/contoso.key" "$WORK/contoso.key"
	refused 1 "is not there" fedctl federation rekey contoso && [ $status = 0 ]
}
check "a key file that is another's, or gone, is not put over the gateway's key" foreign
check "unless that is wanted" fedctl federation rekey contoso --force
check "nor does a policy file's federation touch the gateway's key" refused 2 "holds no keys" \
	fedctl -f "$WORK/some.yaml" federation rekey contoso
remove() {
	says "0 made, 0 changed" fedctl federation del contoso && is_empty
}
check "deleted it leaves nothing" remove

# --- events ---

# Column 4 of a netlink socket are its groups, column 2 the protocol: 16 is generic.
subscribed() {
	ns gw cat /proc/net/netlink |
		awk '$2 == 16 && $4 !~ /^0+$/ { found = 1 } END { exit !found }'
}
events() {
	spawn monitor ns gw "$(type -P fedctl)" -j monitor commit count 2 timeout "$(patience 20)"
	busywait 10 subscribed
	fedctl zone add z role other && fedctl zone del z && wait "$spawned" &&
		[ "$(grep -c '"event":"commit"' "$LOGS/monitor.log")" = 2 ]
}
check "commits are told to who listens" events

# --- several at once ---

crowd() {
	local i pids=() status=0

	for i in 1 2 3 4 5 6 7 8; do
		fedctl zone add "z$i" role other &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || status=1
	done
	[ "$(fedctl zone show | grep -c '^z[0-9]')" = 8 ] || status=1
	return $status
}
check "eight at once all have their turn" crowd
# Each of the two is planned anew when the other one was faster.
both() {
	local one=0 two=0

	fedctl federation apply "$EXAMPLE" >/dev/null &
	sed 's/contoso/tailspin/; s/example\.net/example.org/; s/203\.0\.113\.10/203.0.113.11/
		s/192\.0\.2\.1\([12]\)/192.0.2.2\1/' \
		"$EXAMPLE" >"$WORK/tailspin.yaml"
	fedctl federation apply "$WORK/tailspin.yaml" >/dev/null || two=1
	wait $! || one=1
	[ "$one$two" = 00 ] && says contoso fedctl federation show &&
		says tailspin fedctl federation show
}
ip -n gw addr add 203.0.113.11/32 dev eth0
check "two federations applied at once both stand" both
fedctl apply "$WORK/empty" >/dev/null

# --- long lists ---

awk 'BEGIN {
	print "acl:\n  long:\n    entries:"
	for (i = 0; i < 100000; i++)
		printf "    - permit tcp from 10.%d.%d.%d to 203.0.113.10 port %d\n",
			i / 65536, i / 256 % 256, i % 256, 1024 + i % 60000
}' >"$WORK/long.yaml"
start=${EPOCHREALTIME/[.,]/}
check "100,000 entries in one transaction" says "100001 made" fedctl apply "$WORK/long.yaml"
diag "in $(((${EPOCHREALTIME/[.,]/} - start) / 1000)) ms"
start=${EPOCHREALTIME/[.,]/}
check "applied again they are no change" says "nothing to change" fedctl apply "$WORK/long.yaml"
diag "in $(((${EPOCHREALTIME/[.,]/} - start) / 1000)) ms"
