# Lines of each crate, and how many of them were reached, from lcov. Tests within the sources do not count: they end a file, or have one
# of their own. Neither do generated code and what only tests and benches use.
function crate_of(path) {
  if (index(path, root) != 1) return ""
  path = substr(path, length(root) + 1)
  if (path !~ /^(crates\/[^\/]+|api-server|worker|client)\/src\// || path ~ /\/tests?(\/|\.rs$)|\/testing(\/|\.rs$)|\/fuzzing(\/|\.rs$)/) return ""
  sub(/\/src\/.*/, "", path)
  return path
}
function start_of_tests(file, line, number, marked) {
  number = 0
  while ((getline line < file) > 0) {
    number++
    if (marked && line ~ /^mod (tests|unit) [{]/) { close(file); return number }
    marked = line ~ /^#\[cfg\(test\)\]/ || (marked && line ~ /^#\[/)
  }
  close(file)
  return 1e9
}
/^SF:/ {
  file = substr($0, 4)
  crate = crate_of(file)
  if (crate != "") tests = start_of_tests(file)
}
/^DA:/ && crate != "" {
  split(substr($0, 4), line, ",")
  if (line[1] + 0 >= tests) next
  lines[crate]++
  if (line[2] + 0 > 0) reached[crate]++
}
END {
  for (crate in lines) {
    printf "%-20s %6d of %6d lines %5.1f %%\n", crate, reached[crate], lines[crate], 100 * reached[crate] / lines[crate] | "sort"
    all += lines[crate]
    all_reached += reached[crate]
  }
  close("sort")
  if (all > 0) printf "%-20s %6d of %6d lines %5.1f %%\n", "all", all_reached, all, 100 * all_reached / all
}
