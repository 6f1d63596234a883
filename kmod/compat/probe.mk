# SPDX-License-Identifier: GPL-2.0
# Compile probes: which kernel interfaces exist is found out by compiling, not
# by comparing version numbers, since distributions backport.
#
# Each kmod/compat/probe/NAME.c that compiles defines FP_HAVE_<NAME> (upper
# case) in every object of the module. One that does not must fail with the
# error that it announces, see kmod/compat/probe.sh; anything else stops the
# build, so that a broken header never passes for a missing interface.

fp-have := $(obj)/kmod/compat/fp_have.h
fp-probes := $(sort $(wildcard $(src)/kmod/compat/probe/*.c))

# Not ccflags-y: those name the header that is being made here.
fp-probe-flags = $(NOSTDINC_FLAGS) $(LINUXINCLUDE) $(KBUILD_CPPFLAGS) \
	$(KBUILD_CFLAGS) $(KBUILD_CFLAGS_MODULE) -DKBUILD_MODNAME='"probe"'

quiet_cmd_fp_probe = PROBE   $@
      cmd_fp_probe = $(CONFIG_SHELL) $(src)/kmod/compat/probe.sh $@ $(fp-probes) \
	-- $(CC) $(fp-probe-flags)

# Probes come from links to the sources; FORCE plus if_changed reruns them when
# the compiler or its flags change, the prerequisites when a probe does.
$(fp-have): $(fp-probes) $(src)/kmod/compat/probe.sh FORCE
	$(call if_changed,fp_probe)

targets += kmod/compat/fp_have.h

$(addprefix $(obj)/,$(fedpat-y)): $(fp-have)

ccflags-y += -include $(fp-have)
