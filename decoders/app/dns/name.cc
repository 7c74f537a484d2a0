#include "decoders/app/dns/name.h"

#include <algorithm>

namespace weir::dns {
namespace {

constexpr std::uint8_t kPointerBits = 0xc0;

// Cycles of pointers without a label between them, found with constant memory (Brent).
class PointerCycle {
 public:
  bool closes_at(std::size_t target) {
    if (target == mark_) return true;
    if (++steps_ == limit_) {
      mark_ = target;
      limit_ *= 2;
      steps_ = 0;
    }
    return false;
  }

 private:
  std::size_t mark_ = SIZE_MAX, steps_ = 0, limit_ = 1;
};

class NameReader {
 public:
  NameReader(ByteCursor& in, Message& out)
      : in_(in), cursor_(in), out_(out), start_(static_cast<std::uint32_t>(out.text.size())) {}

  Name run() {
    for (std::size_t step = 0; !ended_ && !cursor_.failed(); ++step) {
      if (step == kMaxNameSteps) {
        give_up_on_length();
        break;
      }
      one_step();
    }
    if (cursor_.failed()) in_.fail();
    if (!in_.failed() && !jumped_) in_ = cursor_;
    return {{start_, static_cast<std::uint32_t>(out_.text.size() - start_)}, cut_};
  }

 private:
  void one_step() {
    const std::uint8_t length = cursor_.u8();
    if (length == 0) {
      ended_ = true;
    } else if ((length & kPointerBits) == kPointerBits) {
      jump(static_cast<std::size_t>(length & 0x3fU) << 8U | cursor_.u8());
    } else if ((length & kPointerBits) != 0) {
      cursor_.fail();  // 01 and 10 are reserved
    } else {
      append(cursor_.take(length));
      cycle_ = {};
    }
  }

  void jump(std::size_t target) {
    if (cursor_.failed()) return;
    if (!jumped_) in_ = cursor_;  // the name ends here for whoever reads on
    jumped_ = true;
    const Bytes whole = cursor_.whole();
    if (target >= whole.size()) return cursor_.fail();
    if (cycle_.closes_at(target)) {
      out_.odd.infinite_loop = true;
      ended_ = true;
      return;
    }
    cursor_ = ByteCursor{whole};
    cursor_.skip(target);
  }

  void append(Bytes label) {
    if (cursor_.failed() || cut_) return;
    const std::size_t length = out_.text.size() - start_;
    const std::size_t dot = length == 0 ? 0 : 1;
    const std::size_t room =
        std::min(kMaxNameBytes - length,
                 kMaxNameBytesPerMessage - std::min(kMaxNameBytesPerMessage, out_.text.size()));
    if (dot != 0 && room != 0) out_.text.push_back('.');
    const std::size_t take = std::min(label.size(), room < dot ? 0 : room - dot);
    out_.text.append(reinterpret_cast<const char*>(label.data()), take);
    if (take < label.size()) {
      cut_ = true;
      out_.odd.name_too_long = true;
    }
  }

  // The rest of the name is skipped as far as it stands here; a name that had jumped has ended already.
  void give_up_on_length() {
    out_.odd.too_many_labels = true;
    cut_ = true;
    while (!jumped_ && !ended_ && !cursor_.failed()) {
      const std::uint8_t length = cursor_.u8();
      if (length == 0 || (length & kPointerBits) == kPointerBits) {
        if (length != 0) cursor_.skip(1);
        ended_ = true;
      } else if ((length & kPointerBits) != 0) {
        cursor_.fail();
      } else {
        cursor_.skip(length);
      }
    }
  }

  ByteCursor& in_;
  ByteCursor cursor_;
  Message& out_;
  std::uint32_t start_;
  PointerCycle cycle_;
  bool jumped_ = false, ended_ = false, cut_ = false;
};

}  // namespace

Name read_name(ByteCursor& in, Message& out) {
  if (in.failed()) return {};
  return NameReader(in, out).run();
}

}  // namespace weir::dns
