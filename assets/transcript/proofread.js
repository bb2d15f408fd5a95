// What the script of a transcript needs to know of its tab: there is no picture of the sound; how its runs are named.
const picture = "", gone = "p-";
