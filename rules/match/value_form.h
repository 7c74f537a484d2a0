// What the values of a buffer look like, so that contents that can hardly or never be in them are told of when rules load.
#pragma once

#include <cstdint>
#include <string_view>

#include "decoders/types.h"

namespace weir::rules {

// A constant of a buffer's row. What is left out says nothing.
struct ValueForm {
  enum class Letters : std::uint8_t { as_written, lower, upper };

  std::string_view what;  // "a line", for messages: a value is ...
  // Each value has these bytes: 'x' stands for a hexadecimal digit in lower case, 'w' for a letter, a digit or '_', others for
  // themselves. Empty: values have no fixed length.
  std::string_view layout;
  std::string_view only;     // the bytes that a value without a layout can have; empty: any
  std::string_view without;  // bytes that are in no value
  std::string_view header;   // it is the value of this header, in lower case, without its name
  // "www.example.com": the lengths that stand before labels on the wire are not in it.
  bool dotted_name = false;
  bool without_port = false;  // a host, without its port
  bool whole = false;         // a part of a value says nothing by itself, as of a digest
  // How a rule's contents are read, because values are never otherwise; Suricata does so for the same buffers.
  Letters letters = Letters::as_written;
};

inline constexpr ValueForm kMd5Form{.what = "an MD5: 32 hexadecimal digits in lower case",
                                    .layout = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                    .whole = true,
                                    .letters = ValueForm::Letters::lower};

// A value can hold this content somewhere. `nocase`: the content's letters stand for both cases.
bool can_hold(const ValueForm& form, Bytes content, bool nocase);

}  // namespace weir::rules
