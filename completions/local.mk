# SPDX-License-Identifier: GPL-2.0-or-later
# Included by Makefile.am: the completions of the shells. A directory is empty
# where --without-SHELL-completion-dir says so.

completions = completions/tcc-trace.bash completions/_tcc-trace completions/tcc-trace.fish
EXTRA_DIST += $(completions)

if INSTALL_BASH_COMPLETION
bashcompletion_DATA = completions/tcc-trace.bash
endif
if INSTALL_ZSH_COMPLETION
zshcompletion_DATA = completions/_tcc-trace
endif
if INSTALL_FISH_COMPLETION
fishcompletion_DATA = completions/tcc-trace.fish
endif
