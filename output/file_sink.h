// A log in a regular file.
//
// Lines are buffered and written whole with write(2). After a failed write (full disk) its lines are lost and
// counted; of a line that got half into the file nothing stays, and where that cannot be done it is ended as soon as there is room
// again, so that the next one stands on a line of its own. When the next file cannot be opened, lines go on into the one that is open,
// and it is tried again every second. Devices and pipes are written to but never renamed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "output/rotation.h"
#include "output/sink.h"

namespace weir::output {

struct FileSinkSettings {
  std::string path;    // may hold conversions of strftime; folders that come from them are made
  bool append = true;  // or the file that is there is emptied; later ones are always appended to
  mode_t mode = 0640;
  RotationInterval interval;
  std::uint64_t max_bytes = 0;  // a file is full when the next line would make it larger; 0: never
  unsigned keep = 0;            // full files that stay, the newest; 0: all
  std::function<std::time_t()> clock = [] { return std::time(nullptr); };
};

// A link at the file's name is followed to a device, and to nothing else. Fails with a text that names the path and errno's
// meaning.
tl::expected<std::unique_ptr<Sink>, std::string> open_file_sink(FileSinkSettings settings);

}  // namespace weir::output
