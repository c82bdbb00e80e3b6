# SPDX-License-Identifier: BSD-2-Clause
# What differs between Varnish 7.1, its two successors and their packages is
# found out here and in vmod/compat.h, and nowhere else.

# MONIKER_VARNISH(OLDEST, UNTESTED)
#
# Finds Varnish or Vinyl Cache by pkg-config alone. Their own varnish.m4 and
# vinyl.m4 define the same macros under two names, so that a configure made
# with one of them would not run where the other is installed.
#
# By feature, not by version: VRT 23.1 of one 9.0 has another meaning than
# VRT 23.0 of the other. A version of UNTESTED or later gets a warning.
AC_DEFUN([MONIKER_VARNISH], [
  AC_REQUIRE([PKG_PROG_PKG_CONFIG])
  AC_ARG_VAR([VARNISH_PC],
    [name of the pkg-config file of Varnish: vinylapi or varnishapi])
  AC_ARG_VAR([VARNISH_GROUP], [group that Varnish's worker runs in])
  # Debian gives Vinyl Cache the old name as an alias.
  AS_IF([test -z "$VARNISH_PC"], [
    AS_IF([$PKG_CONFIG --exists vinylapi],
      [VARNISH_PC=vinylapi], [VARNISH_PC=varnishapi])])
  PKG_CHECK_MODULES([VARNISHAPI], [$VARNISH_PC >= $1])
  VARNISH_VERSION=$($PKG_CONFIG --modversion $VARNISH_PC)
  AS_VERSION_COMPARE([$VARNISH_VERSION], [$2], [],
    [moniker_untested=yes], [moniker_untested=yes])
  AS_IF([test "x$moniker_untested" = xyes], [AC_MSG_WARN(
    [tested with Varnish and Vinyl Cache below $2; this is $VARNISH_VERSION])])

  # Where it is installed, moniker is; unless --prefix names another place.
  PKG_CHECK_VAR([VARNISHAPI_PREFIX], [$VARNISH_PC], [prefix])
  PKG_CHECK_VAR([VARNISHAPI_LIBDIR], [$VARNISH_PC], [libdir])
  AS_IF([test "$prefix" = NONE], [
    ac_default_prefix=$VARNISHAPI_PREFIX
    libdir=$VARNISHAPI_LIBDIR])
  PKG_CHECK_VAR([VARNISHAPI_VMODDIR], [$VARNISH_PC], [vmoddir])
  vmoddir=$($PKG_CONFIG --define-variable=libdir=$libdir \
    --variable=vmoddir $VARNISH_PC)
  AC_SUBST([vmoddir])
  vcldir=$($PKG_CONFIG --define-variable=datadir=$datadir \
    --variable=vcldir $VARNISH_PC)
  AC_SUBST([vcldir])

  # What its package calls things. The service has the name of the folder.
  PKG_CHECK_VAR([VARNISH_CONFDIR], [$VARNISH_PC], [pkgsysconfdir])
  PKG_CHECK_VAR([VARNISH_BINDIR], [$VARNISH_PC], [bindir])
  PKG_CHECK_VAR([VARNISH_SBINDIR], [$VARNISH_PC], [sbindir])
  VARNISH_UNIT=$(basename "$VARNISH_CONFDIR")
  AS_CASE([$VARNISH_PC], [vinyl*], [moniker_its=vinyl], [moniker_its=varnish])
  AS_IF([test -z "$VARNISH_GROUP"], [VARNISH_GROUP=$moniker_its])
  VARNISHADM=$VARNISH_BINDIR/${moniker_its}adm
  AC_SUBST([VARNISH_UNIT])
  AC_SUBST([VARNISHADM])
  AC_DEFINE_UNQUOTED([VARNISH_GROUP], ["$VARNISH_GROUP"],
    [Group that Varnish's worker runs in.])

  # Its generators. Since 9.0 vsctool reads its input under another word, and
  # passes over the old one without an error.
  AM_PATH_PYTHON([3.4])
  PKG_CHECK_VAR([VMODTOOL], [$VARNISH_PC], [vmodtool])
  PKG_CHECK_VAR([VSCTOOL], [$VARNISH_PC], [vsctool])
  AS_IF([test ! -r "$VMODTOOL" || test ! -r "$VSCTOOL"],
    [AC_MSG_ERROR([no vmodtool.py or vsctool.py where $VARNISH_PC says])])
  AS_IF([grep -q vinyl_vsc "$VSCTOOL"],
    [VSC_WORD=vinyl_vsc], [VSC_WORD=varnish_vsc])
  AC_SUBST([VSC_WORD])
  AC_SUBST([VMOD_LDFLAGS], ["-module -export-dynamic -avoid-version -shared"])
])

# MONIKER_TRY(VARIABLE, FLAGS, [CODE]): adds them if a program links by them.
AC_DEFUN([MONIKER_TRY], [
  AC_MSG_CHECKING([for $2])
  moniker_cflags=$CFLAGS
  CFLAGS="$CFLAGS -Werror $2"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]], [$3])],
    [$1="$$1 $2"; moniker_had=yes], [moniker_had=no])
  CFLAGS=$moniker_cflags
  AC_MSG_RESULT([$moniker_had])
])
