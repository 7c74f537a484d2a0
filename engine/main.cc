#include <cstdio>

#include "weir_version.h"

int main() {
  std::puts("weir " WEIR_VERSION);
  return 0;
}
