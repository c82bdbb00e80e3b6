/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operations: one entry each, which checks stacks and URLs, is printed by
 * GET /operations, and names the function that a worker runs.
 *
 * OP(name, kind, required, one_of, doc), then its options, then OP_END.
 *   kind: PLAN only moves geometry about; PIXEL maps a frame to a frame;
 *   required, one_of: option names, separated by "|", or NULL
 * OPT(op, name, type, min, max, default, values, flags, doc)
 *   default: as written in a URL, NULL for none
 *   values: of an ENUM, separated by "|"; the pattern's name of a STR
 *   flags: PX is a length that dpr multiplies
 */

OP(resize, PLAN, NULL, "width|height",
    "Changes the size, keeping the ratio unless mode is absolute")
OPT(resize, width, INT, 1, 10000, NULL, NULL, PX, "Width of the box")
OPT(resize, height, INT, 1, 10000, NULL, NULL, PX, "Height of the box")
OPT(resize, mode, ENUM, 0, 0, "box", "box|absolute|fill", 0,
    "box fits inside, fill covers, absolute distorts")
OPT(resize, upscale, BOOL, 0, 1, "true", NULL, 0,
    "May the picture become bigger than it was")
OPT(resize, upscale_dpr, BOOL, 0, 1, "true", NULL, 0,
    "May it grow by dpr although upscale is false")
OPT(resize, sharpen, BOOL, 0, 1, "false", NULL, 0,
    "Sharpen when it becomes smaller")
OP_END(resize)

OP(crop, PLAN, "width|height", NULL, "Cuts out a part")
OPT(crop, width, INT, 1, 99999, NULL, NULL, PX, "Width of the part")
OPT(crop, height, INT, 1, 99999, NULL, NULL, PX, "Height of the part")
OPT(crop, anchor, STR, 0, 0, "auto", "anchor", 0,
    "X_Y by word or pixel, smart, or the area to centre on: auto is the "
    "subject area or else the crop area; subjectarea; croparea; face, which "
    "no image has")
OPT(crop, fallback, STR, 0, 0, "center_center", "anchor", 0,
    "The place when the image has no such area")
OPT(crop, mode, ENUM, 0, 0, "absolute", "absolute|ratio|box|area", 0,
    "ratio: the largest part of that ratio; box: the area itself; area: the "
    "smallest part of that ratio around the area")
OPT(crop, scale, NUM, 0, 100, "100", NULL, 0, "Percent of the part's size")
OPT(crop, movearea_x, NUM, -100, 100, NULL, NULL, 0,
    "Moves the part, percent of its width")
OPT(crop, movearea_y, NUM, -100, 100, NULL, NULL, 0,
    "Moves the part, percent of its height")
OPT(crop, area, STR, 0, 0, NULL, "name", 0, "Name of one of the image's "
    "multi_areas; without width and height the part is that area, and all of "
    "the picture where there is none")
OP_END(crop)

OP(rotate, PIXEL, "angle", NULL, "Turns clockwise")
OPT(rotate, angle, NUM, -360, 360, NULL, NULL, 0, "Degrees")
OPT(rotate, background_color, COLOR, 0, 0, "FFFFFF", NULL, 0,
    "Colour of the corners")
OPT(rotate, background_opacity, NUM, 0, 100, "0", NULL, 0,
    "Percent; what is not opaque needs a format with transparency")
OP_END(rotate)

OP(autorotate, PIXEL, NULL, NULL,
    "Turns by 90 degrees if that fits the ratio of the box better")
OPT(autorotate, width, INT, 1, 10000, NULL, NULL, 0, "Width of the box")
OPT(autorotate, height, INT, 1, 10000, NULL, NULL, 0, "Height of the box")
OPT(autorotate, rotation_direction, ENUM, 0, 0, "clockwise",
    "clockwise|counterclockwise", 0, "Which way to turn")
OP_END(autorotate)

OP(composition, PIXEL, "mode", NULL,
    "Lays the picture over or under a colour or another image")
OPT(composition, mode, ENUM, 0, 0, NULL, "foreground|background", 0,
    "Where the picture goes")
OPT(composition, width, INT, 1, 10000, NULL, NULL, PX,
    "Width of the secondary picture")
OPT(composition, height, INT, 1, 10000, NULL, NULL, PX,
    "Height of the secondary picture")
OPT(composition, resize_mode, ENUM, 0, 0, "box", "box|absolute|fill", 0,
    "How the secondary image is fitted into width and height")
OPT(composition, resize_to_primary, BOOL, 0, 1, "false", NULL, 0,
    "width and height are those of the picture")
OPT(composition, anchor, STR, 0, 0, "center_center", "anchor", 0,
    "Where the smaller lies on the bigger")
OPT(composition, secondary_color, COLOR, 0, 0, "000000", NULL, 0,
    "Colour, when there is no secondary image")
OPT(composition, secondary_opacity, INT, 0, 100, "100", NULL, 0,
    "Percent, of the colour or the secondary image")
OPT(composition, secondary_image, STR, 0, 0, NULL, "hash or _alias_", 0,
    "Hash of a source image, or an alias between two \"_\"")
OPT(composition, secondary_stack, STR, 0, 0, NULL, "stack", 0,
    "A stack that renders the secondary image, or the source image itself, "
    "first")
OPT(composition, secondary_stack_variables, STR, 0, 0, NULL, "a=1&b=2", 0,
    "Variables of secondary_stack: an object, or text as in a query")
OPT(composition, angle, NUM, -360, 360, "0", NULL, 0,
    "Turns what lies in front, degrees clockwise")
OP_END(composition)

OP(text, PIXEL, "font|text", NULL,
    "Writes on the picture, in one line unless width is given")
OPT(text, font, STR, 0, 0, NULL, "hash or _alias_", 0,
    "Hash of a font that was uploaded, or an alias between two \"_\"")
OPT(text, text, STR, 0, 0, NULL, "text", 0,
    "At most 500 bytes; a line may end by a newline")
OPT(text, size, INT, 1, 1000, "16", NULL, PX, "Height of the letters, pixels")
OPT(text, color, COLOR, 0, 0, "000000", NULL, 0, "Colour")
OPT(text, opacity, INT, 0, 100, "100", NULL, 0, "Percent")
OPT(text, angle, NUM, -360, 360, "0", NULL, 0, "Degrees clockwise")
OPT(text, anchor, STR, 0, 0, "center_center", "anchor", 0,
    "Where the text lies on the picture")
OPT(text, width, INT, 1, 10000, NULL, NULL, PX,
    "Width of a box in which the text is wrapped")
OPT(text, height, INT, 1, 10000, NULL, NULL, PX,
    "Height of the box, at which the text is cut")
OPT(text, spacing, INT, 0, 1000, "0", NULL, PX, "Between two lines, pixels")
OPT(text, align, ENUM, 0, 0, "left", "left|centre|right", 0,
    "Where shorter lines are in the box")
OPT(text, resize_to_box, BOOL, 0, 1, "false", NULL, 0,
    "The greatest size at which all of it is in the box")
OP_END(text)

OP(blur, PIXEL, NULL, NULL, "Gaussian blur")
OPT(blur, sigma, NUM, 0, 100, "4", NULL, PX, "Standard deviation, pixels")
OPT(blur, radius, INT, 0, 500, "0", NULL, 0, "Deprecated, without effect")
OP_END(blur)

OP(sharpen, PIXEL, NULL, NULL, "Sharpens the lightness")
OPT(sharpen, sigma, NUM, 0.01, 10, "0.7", NULL, 0, "Width of the mask")
OPT(sharpen, x1, NUM, 0, 100, "2", NULL, 0, "Flat below this difference")
OPT(sharpen, y2, NUM, 0, 100, "10", NULL, 0, "Most brightening")
OPT(sharpen, y3, NUM, 0, 100, "20", NULL, 0, "Most darkening")
OPT(sharpen, m1, NUM, 0, 100, "0.4", NULL, 0, "Slope in flat areas")
OPT(sharpen, m2, NUM, 0, 100, "0.8", NULL, 0, "Slope in jagged areas")
OP_END(sharpen)

OP(grayscale, PIXEL, NULL, NULL, "Takes the colour away")
OPT(grayscale, levels, INT, 2, 256, "256", NULL, 0, "Number of greys")
OP_END(grayscale)

OP(sepia, PIXEL, NULL, NULL, "Tints like an old photograph")
OP_END(sepia)

OP(modulate, PIXEL, NULL, NULL, "Changes brightness, saturation and hue")
OPT(modulate, brightness, INT, 0, 500, "100", NULL, 0, "Percent")
OPT(modulate, saturation, INT, 0, 500, "100", NULL, 0, "Percent")
OPT(modulate, hue, INT, 0, 360, "0", NULL, 0, "Degrees")
OP_END(modulate)

OP(multiply, PIXEL, NULL, NULL, "Darkens by a factor or a colour")
OPT(multiply, factor, NUM, 0, 1, "0.96", NULL, 0, "Factor of every channel")
OPT(multiply, factor_color, COLOR, 0, 0, NULL, NULL, 0,
    "A factor for each channel, as a colour")
OP_END(multiply)

OP(trim, PLAN, NULL, NULL, "Cuts off a border of one colour")
OPT(trim, fuzzy, NUM, 0, 100, "0", NULL, 0, "Tolerance, percent")
OP_END(trim)

OP(dropshadow, PIXEL, NULL, NULL, "Throws a shadow")
OPT(dropshadow, horizontal, INT, -100, 100, "0", NULL, PX, "To the right")
OPT(dropshadow, vertical, INT, -100, 100, "0", NULL, PX, "Downwards")
OPT(dropshadow, opacity, INT, 0, 100, "100", NULL, 0, "Percent")
OPT(dropshadow, sigma, NUM, 0, 10000, "0.5", NULL, PX, "Softness")
OPT(dropshadow, blur_radius, NUM, 0, 10000, "0", NULL, PX,
    "How far the shadow reaches out of the picture's edge")
OPT(dropshadow, color, COLOR, 0, 0, "000000", NULL, 0, "Colour")
OP_END(dropshadow)

OP(alpha, PIXEL, NULL, NULL, "Works on transparency")
OPT(alpha, mode, ENUM, 0, 0, "mask", "mask|extract|remove|apply", 0,
    "mask: lightness becomes opacity; extract: opacity becomes a grey "
    "picture; remove: everything opaque; apply: multiply by opacity")
OPT(alpha, opacity, INT, 0, 100, "50", NULL, 0, "Percent, for apply")
OP_END(alpha)

OP(circlemask, PIXEL, NULL, NULL, "Keeps a circle, the rest transparent")
OPT(circlemask, radius, STR, 0, 0, NULL, "radius", 0,
    "Pixels, or percent of the shorter side as 40p; the largest by default")
OP_END(circlemask)

OP(noop, PLAN, NULL, NULL, "Does nothing")
OP_END(noop)

#undef OP
#undef OPT
#undef OP_END
