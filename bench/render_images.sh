# SPDX-License-Identifier: BSD-2-Clause
# Makes the photo set of bench/render in the folder $1, from the photos of
# Debian's lomiri-wallpapers (CC-BY and CC-BY-SA).
set -eu
out=$1
from=${PHOTOS:-/usr/share/backgrounds}
test -e "$out/complete" && test -e "$out/meta.jpg" && exit 0
test -e "$from/Painting-Colors_by__herobrine7gamer.jpg" || {
	echo "bench: no photos in $from: install lomiri-wallpapers-16.04" >&2
	exit 77
}
mkdir -p "$out"
p() { echo "$from/$1"; }
s='[Q=90,strip]'
scaled() { # PHOTO WIDTH RESULT
	vips thumbnail "$(p "$1")" "$3" "$2" --height 100000 --size down
}
cp "$(p Painting-Colors_by__herobrine7gamer.jpg)" "$out/j24.jpg"
scaled Kleiber_by_Lukas_Baubkus.jpg 4620 "$out/j12.jpg$s"
scaled Dragonfly_by_Bolly.jpg 1640 "$out/j2.jpg$s"
scaled Picture_0B_by_freespace.jpg 770 "$out/j05.jpg$s"
scaled Dragonfly_by_Bolly.jpg 4000 "$out/prog12.jpg[Q=90,strip,interlace]"
scaled Bridge_by_Sander_Klootwijk.jpg 3770 "$out/t.v"
vips rot "$out/t.v" "$out/t2.v" d270
vips copy "$out/t2.v" "$out/t3.jpg[Q=90]"
python3 - "$out/t3.jpg" "$out/exif6.jpg" <<-'EOT'
	import sys
	d = open(sys.argv[1], 'rb').read()
	e = (b'Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0'
	     b'\x06\0\0\0\0\0\0\0')
	app = b'\xff\xe1' + (len(e) + 2).to_bytes(2, 'big') + e
	i = 2	# other APP1 segments go
	rest = b''
	while d[i] == 0xff and 0xe0 <= d[i + 1] <= 0xef:
	    n = 2 + int.from_bytes(d[i + 2:i + 4], 'big')
	    rest += d[i:i + n] if d[i + 1] != 0xe1 else b''
	    i += n
	open(sys.argv[2], 'wb').write(d[:2] + app + rest + d[i:])
EOT
scaled Wine_by_Jakkub_Mede.jpg 2000 "$out/t.v"
vips icc_transform "$out/t.v" "$out/p3.jpg[Q=90]" p3 --input-profile srgb
python3 - "$out/p3.jpg" "$out/meta.jpg" <<-'EOT'
	import sys
	d = open(sys.argv[1], 'rb').read()
	def segment(marker, text):
	    return (bytes([0xff, marker]) + (len(text) + 2).to_bytes(2, 'big')
	        + text)
	exif = (b'Exif\0\0II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x0b\0\0\0'
	        b'\x1a\0\0\0\0\0\0\0SECRETCAM0\0')
	xmp = (b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:'
	       b'meta/">SECRET</x:xmpmeta>')
	iptc = b'Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x06SECRET'
	open(sys.argv[2], 'wb').write(d[:2] + segment(0xe1, exif) +
	    segment(0xe1, xmp) + segment(0xed, iptc) + d[2:])
EOT
scaled Infinite-Sea_by_Aury88.jpg 2000 "$out/t.v"
vips icc_transform "$out/t.v" "$out/cmyk.jpg[Q=90]" cmyk --input-profile srgb
scaled Fossa_by_Jasper_Roks.jpg 1920 "$out/t.v"
vips extract_band "$out/t.v" "$out/t2.v" 1
vips bandjoin "$out/t.v $out/t2.v" "$out/alpha.png"
vips colourspace "$out/t.v" "$out/png16.png" rgb16
frames=
n=0
while test $n -lt 24; do
	vips crop "$out/t.v" "$out/f$n.png" $((n * 40)) $((n * 20)) 480 320
	frames="${frames:+$frames }$out/f$n.png"
	n=$((n + 1))
done
vips arrayjoin "$frames" "$out/roll.v" --across 1
vips gifsave "$out/roll.v" "$out/anim.gif" --page-height 320
vips webpsave "$out/roll.v" "$out/anim.webp" --page-height 320
rm -f "$out"/f*.png "$out"/*.v "$out/t3.jpg"
touch "$out/complete"
