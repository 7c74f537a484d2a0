#include "engine/cli.h"

int main(int argc, char** argv) { return weir::engine::run_cli({argv + 1, argv + argc}); }
