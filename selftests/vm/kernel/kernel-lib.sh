#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by build-uml and build-qemu: a kernel of the selftests, built from
# Debian's linux-source package and kept in the cache under a hash of all that
# goes into it, so that a second call returns at once. Before kernel_build:
#
#	me		name of the script, for what it says
#	prefix		of the directory in the cache
#	arch		um or x86_64
#	targets		what make is to build
#	recipe		raised when unpack() or the make options change
#	fragments	files with options, added to allnoconfig; of an option that
#			comes twice the last one counts

# shellcheck disable=SC2154 # what the caller sets

cache=${FEDPAT_CACHE:-$HOME/.cache/fedpat}
series=6.12
package=linux-source-$series
tarball=/usr/src/$package.tar.xz

die() {
	echo "$me: $*" >&2
	exit 1
}

unpack() {
	local tmp=$cache/unpack.$$

	echo "$me: unpacking $package $version" >&2
	rm -rf "$tmp"
	mkdir -p "$tmp"
	tar -C "$tmp" --strip-components=1 -xf "$tarball"
	# UML keeps the FPU state of a process in a fixed array that is too
	# small for the xsave area of a CPU with AMX: it panics at boot.
	sed -i 's/\(HOST_FP_SIZE, *\)2696/\112288/' \
		"$tmp/arch/x86/um/user-offsets.c"
	grep -q 'HOST_FP_SIZE, *12288' "$tmp/arch/x86/um/user-offsets.c" ||
		die "arch/x86/um/user-offsets.c has changed: HOST_FP_SIZE was not found"
	mv "$tmp" "$src"
}

# An option that Kconfig silently dropped would make tests skip: say so.
verify_config() {
	local line name missing=0

	while read -r line; do
		case $line in
		CONFIG_*=n)
			name=${line%%=*}
			grep -q "^$name=[ym]" "$out/.config" || continue ;;
		CONFIG_*)
			grep -qxF "$line" "$out/.config" && continue ;;
		*)
			continue ;;
		esac
		echo "$me: $line did not survive Kconfig" >&2
		missing=1
	done <"$out/fragment"
	[ "$missing" = 0 ] || die "mend ${fragments[*]}"
}

compile() {
	local mk=(make -C "$src" "O=$out" "ARCH=$arch" -s) start=$SECONDS

	rm -rf "$out"
	mkdir -p "$out"
	# The last assignment of an option wins in KCONFIG_ALLCONFIG, but the
	# check below wants each option once.
	cat "${fragments[@]}" |
		awk -F= '/^CONFIG_/ { v[$1] = $0 } END { for (k in v) print v[k] }' |
		sort >"$out/fragment"
	"${mk[@]}" KCONFIG_ALLCONFIG="$out/fragment" allnoconfig >/dev/null
	verify_config
	echo "$me: building ${out##*/} ($(grep -c '=[ym]' "$out/.config") options), 3 to 15 minutes" >&2
	# shellcheck disable=SC2086 # a list
	if ! "${mk[@]}" -j"$(nproc)" $targets >"$out/build.log" 2>&1; then
		tail -n 30 "$out/build.log" >&2
		die "the build failed; the whole log: $out/build.log"
	fi
	# Where modprobe in the guest finds tls.ko and friends.
	"${mk[@]}" INSTALL_MOD_PATH="$out/root" modules_install >>"$out/build.log" 2>&1
	touch "$out/.done"
	echo "$me: done in $((SECONDS - start)) s" >&2
}

# kernel_build [--print]: print the directory of the build, which is the KDIR for
# modules; with --print only if it is there already, else fail.
kernel_build() {
	local hash tool

	version=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null) ||
		die "$package is not installed; install it with: apt-get install $package"
	hash=$({
		echo "$recipe $version"
		gcc -dumpfullversion
		cat "${fragments[@]}"
	} | sha256sum | cut -c1-12)
	src=$cache/linux-uml-$version
	out=$cache/$prefix-$hash
	if [ ! -e "$out/.done" ]; then
		[ "${1-}" != --print ] || return 1
		mkdir -p "$cache"
		exec 9>"$cache/build-uml.lock"
		flock 9
	fi
	# Somebody else may have built it while we waited.
	if [ ! -e "$out/.done" ]; then
		for tool in bc bison flex gcc make xz; do
			command -v "$tool" >/dev/null || die "$tool is missing; run: make deps"
		done
		[ -d "$src" ] || unpack
		compile
	fi
	echo "$out"
}
