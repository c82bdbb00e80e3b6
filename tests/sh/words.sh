# SPDX-License-Identifier: BSD-2-Clause
# Phrases that a reader has to read twice, in pages, messages and VCL. Comments
# in C are left to their reviewer.
cd "$top_srcdir" || exit 1
. "$srcdir/lib/await.sh" || exit 1

# A pattern of Perl's, then what to write instead.
bad() {
	cat <<-'EOT'
	\bthat (?:is|are|was|were) none\b	name what is wrong: "invalid", "unknown"
	(?<![Tt]here )\b(?:is|are|was) no (?!longer|more|less|different)\w+	"is not a"
	\b(?:is|are|was|were) to be\b	"must be", or the plain verb
	(?:^|[.:;*"] )Who (?:does|is|has|wants|asks|reads|shows|needs|uses|calls|may|can)\b	"A client that", "To ..., do ..."
	\b(?:is|are) there twice\b	"given more than once"
	\bwhose things\b	"organization to act on"
	EOT
}

# Pages and VCL as they are; of sources what stands in quotes.
texts() {
	perl -ne 'print "$ARGV:$.: $_"; close ARGV if eof' *.rst doc/*.rst \
	    map/*.rst vcl/*.rst vcl/*.vcl doc/openapi.yaml quickstart \
	    vmod/*.vcc.in "$@"
	find base name expr map url vmod daemon ctl -name '*.[ch]' -exec perl -ne '
	    print "$ARGV:$.: $1\n" while /("(?:[^"\\]|\\.)*")/g;
	    close ARGV if eof' {} +
}

# Prints each line of *texts* that has a bad phrase.
found() { # FILE...
	bad >"$dir/bad"
	texts "$@" | BAD=$dir/bad perl -ne '
	    BEGIN {
		open my $f, "<", $ENV{BAD} or die;
		while (<$f>) {
			chomp;
			my ($p, $instead) = split /\t+/;
			push @bad, [qr/$p/, $instead];
		}
		die "no patterns" unless @bad;
	    }
	    my ($at, $text) = /^([^ ]+:\d+:) (.*)/ or next;
	    for (@bad) {
		print "$at $text  write $_->[1]\n" if $text =~ $_->[0];
	    }'
}

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# It sees what it is for.
cat >"$dir/page" <<'EOT'
A key that is none is refused.
The file is no image.
What is to be done.
Who has a key may write.
It is there twice.
There is no such alias, and it is no longer shown.
EOT
test "$(found "$dir/page" | grep -c "^$dir/page:.*write")" = 5 ||
    fail "does not see: $(found "$dir/page")"

test -z "$(found)" || fail "$(found)"
echo "$(texts | wc -l) lines read"
