# SPDX-License-Identifier: BSD-2-Clause
# contact_sheet.sh PHOTO RESULT: every operation on one photo, on one sheet
# with labels. Run by "make contact-sheet"; for eyes, not for a machine.
set -eu
photo=$1
result=$2
test -e "$photo" || { echo "contact-sheet: no $photo" >&2; exit 77; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/moniker-sheet.XXXXXX")
trap 'rm -rf "$dir"' EXIT
r=resize-width-220
n=100
sheet=
while read -r ops; do
	f=$dir/$n.png
	lib/render_one "$photo" "$ops" png "$f" >"$dir/log" ||
		{ cat "$dir/log"; exit 1; }
	# On a grey checkerboard's colour, in a tile of one size, with a label
	vips flatten "$f" "$dir/a.v" --background "150 190 150" 2>/dev/null ||
		vips copy "$f" "$dir/a.v"
	vips colourspace "$dir/a.v" "$dir/b.v" srgb
	vips gravity "$dir/b.v" "$dir/c.v" centre 270 220 --extend background \
	    --background "60 60 60"
	vips text "$dir/t.v" "$(echo "$ops" | sed "s,--, ,g")" \
	    --width 260 --dpi 60
	vips gravity "$dir/t.v" "$dir/u.v" centre 270 60
	vips bandjoin "$dir/u.v $dir/u.v $dir/u.v" "$dir/v.v"
	vips copy "$dir/v.v" "$dir/w.v" --interpretation srgb
	vips join "$dir/c.v" "$dir/w.v" "$dir/$n.tile.png" vertical
	sheet="${sheet:+$sheet }$dir/$n.tile.png"
	n=$((n + 1))
done <<EOT
$r
resize-width-220-height-100
resize-width-220-height-100-mode-fill
resize-width-220-height-100-mode-absolute
resize-width-20--resize-width-220
crop-width-1000-height-1000--$r
crop-width-1-height-1-mode-ratio--resize-width-200
crop-width-1-height-2-mode-ratio-anchor-smart--resize-height-200
crop-width-1-height-1-mode-ratio-anchor-left_top-scale-50--resize-width-200
$r--rotate-angle-90
$r--rotate-angle-30
$r--rotate-angle-30-background_color-ff0000-background_opacity-100
$r--autorotate-height-200
$r--blur-sigma-3
$r--blur-sigma-25
$r--sharpen-m2-3
$r--grayscale
$r--grayscale-levels-3
$r--sepia
$r--modulate-brightness-150
$r--modulate-saturation-250
$r--modulate-hue-120
$r--multiply-factor-0.5
$r--multiply-factor_color-ff8040
$r--dropshadow-horizontal-8-vertical-8-sigma-4-opacity-80
$r--circlemask--dropshadow-horizontal-8-vertical-8-sigma-4
$r--alpha-mode-mask
$r--alpha-mode-apply-opacity-40
$r--circlemask
$r--circlemask-radius-30p--alpha-mode-extract
$r--composition-mode-foreground-width-250-height-200-secondary_color-204080
$r--composition-mode-background-width-80-height-60-secondary_color-ff0000-secondary_opacity-50-anchor-right_bottom
$r--composition-mode-background-width-80-height-60-secondary_color-ffff00-angle-20
$r--circlemask-radius-40p--trim
trim--resize-width-200
EOT
vips arrayjoin "$sheet" "$result" --across 6
echo "contact sheet: $result"
