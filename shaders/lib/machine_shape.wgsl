// The layers of a machine that learns, four units each, padded to multiples of eight units.

override VISIBLE_QUADS: u32 = 2;
override HIDDEN_QUADS: u32 = 2;
