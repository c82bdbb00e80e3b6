# SPDX-License-Identifier: BSD-2-Clause
# Files of settings, which a power cut or an editor may leave in any state.
. "$srcdir/fuzz/run.sh"

fuzz fuzz_setting base/setting.c || exit 1
