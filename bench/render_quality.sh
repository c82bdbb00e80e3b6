# SPDX-License-Identifier: BSD-2-Clause
# Read by render.sh, for goals that are not speed: what the daemon's pictures
# look like and weigh beside sharp's with its default settings, that nothing of
# the source's metadata is in them, and that the daemon itself does not grow.

fetch() { # IMAGE FORMAT FILE
	curl -sSf --unix-socket "$dir/image.sock" -H "Host: bench.localhost" \
	    -o "$3" "http://localhost$(moniker_paths "$1" "$2" 1)"
}

# One picture by sharp: as upright and on the same white as ours
sharp_picture() { # FILE FORMAT RESULT
	cat >"$IPX/moniker-sharp.mjs" <<-'EOT'
	import sharp from "sharp";
	const [file, format, result] = process.argv.slice(2);
	const moves = /anim/.test(file) && format != "jpg";
	let s = sharp(file, { animated: moves });
	if (!moves) s = s.rotate();
	s = s.resize(400, 300, { fit: "inside" });
	if (format == "jpg") s = s.flatten({ background: "#fff" });
	await s.toFormat(format == "jpg" ? "jpeg" : format,
	    { quality: format == "avif" ? 50 : 80 }).toFile(result);
	EOT
	(cd "$IPX" && node moniker-sharp.mjs "$@")
}

# To $dir/quality: row, SSIM of ours and of sharp's, bytes of ours, of sharp's
# and of the loop's
quality() { # ROW
	i=${1%:*} f=${1#*:}
	fetch "$i" "$f" "$dir/ours.$f"
	sharp_picture "$(file_of "$i")" "$f" "$dir/sharp.$f"
	echo "$1" $(VIPS_WARNING=0 "$BUILD/bench/render_ssim" \
	    "$(file_of "$i")" "$dir/ours.$f" "$dir/sharp.$f") \
	    $(stat -c %s "$dir/ours.$f" "$dir/sharp.$f") \
	    "$(bytes_of "$1" loop)" >>"$dir/quality"
}

# Over all rows, each format by itself for bytes. sharp brings a newer AVIF
# encoder, whose scale of quality is another.
quality_goals() {
	awk '$1 !~ /:avif/ { like += $2; likes += $3; n++ }
	{ f = $1; sub(/.*:/, "", f)
	  ours[f] += $4; sharp[f] += $5; loop[f] += $6
	  printf "%s: SSIM %s, of sharp %s; bytes %s, of sharp %s, of the " \
	    "loop %s\n", $1, $2, $3, $4, $5, $6 }
	END { if (n > 0) printf "goal mean SSIM: %.4f (wanted >= sharp'\''s " \
	    "%.4f - 0.0005): %s\n", like / n, likes / n,
	    (like / n >= likes / n - 0.0005 ? "met" : "missed")
	for (f in ours) {
	    most = sharp[f] > loop[f] ? sharp[f] : loop[f]
	    x = ours[f] / most
	    printf "goal bytes of %s, of the bigger of sharp and loop: %.3f " \
	      "(wanted <= 1.03): %s\n", f, x, (x <= 1.03 ? "met" : "missed")
	} }' "$dir/quality"
}

# A source with EXIF, XMP, IPTC and a profile, in every format we write
metadata_goal() {
	left=
	for f in jpg png webp avif gif jxl heif; do
		fetch meta "$f" "$dir/meta.$f"
		! grep -qaE 'Exif|EXIF|http://ns\.adobe|xmpmeta|XMP |'\
'Photoshop|8BIM|ICC_PROFILE|iCCP|ICCP|acsp|SECRET' "$dir/meta.$f" ||
		    left="$left $f"
	done
	echo "goal formats with metadata:${left:- none} (wanted none):" \
	    $(test -z "$left" && echo met || echo missed)
}

# Of the daemon alone, in kB
parent_now() { awk '/^VmRSS/ { print $2 }' "/proc/$moniker/status"; }
parent_goal() { # kB after the first row
	awk -v a="$1" -v b="$(parent_now)" 'BEGIN { x = (b - a) / 1024
	    printf "goal growth of the parent, MB: %.1f (wanted <= 2): %s\n",
	    x, (x <= 2 ? "met" : "missed") }'
}
