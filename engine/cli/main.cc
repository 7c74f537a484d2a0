#include <exception>
#include <new>
#include <string>
#include <vector>

#include "engine/cli/cli.h"

int main(int argc, char** argv) {
  try {
    return weir::engine::run_cli({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const std::bad_alloc&) {
    weir::engine::print_error("out of memory");
  } catch (const std::exception& e) {
    weir::engine::print_error(e.what());
  }
  return weir::engine::kExitFailed;
}
