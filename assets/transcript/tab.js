// What the script of a transcript needs to know of its tab: the picture of the sound, and how its runs are named.
const picture = "long-timeline", gone = "t-";
