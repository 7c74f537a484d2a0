# weir_harden(TARGET): what makes a flaw in our own code harder to use, in everything that links the interface library TARGET.
#
#   relro, now                no table of function addresses can be written to once the program runs
#   PIE                       it lies at another address each time
#   stack protector           a function that has arrays, or hands out addresses of locals, notices when they were written past
#   _FORTIFY_SOURCE           so does the C library, where the compiler knows how large a buffer is
#   stack-clash protection    no frame, however large, reaches past the guard page of a stack
#   control-flow protection   a function returns to whom it was called by (x86: a shadow stack; AArch64: signed addresses)
#
# For builds that are optimised; sanitisers find more, and some of these get in their way. tests/hardening.py looks whether the
# program has them. It costs 14 instructions a frame of 8,757. What more would cost is why it is not more:
#
#   stack protector   185, were it the strong one everywhere, most of them in the rooms that conduct (weir_conducts): for
#                     each packet they call some twenty functions that hand out addresses of locals and have no array of
#                     bytes. They have the plain one, which watches arrays of bytes; all that parses, matches, writes events
#                     or waits for somebody has the strong one.
#   landing pads      87 (-fcf-protection=branch): no Linux kernel lets a program of users turn them on. Not used.
#   -fno-plt          less than nothing: as all is bound at the start, calls into other libraries need no stub.
include(CheckCXXCompilerFlag)
include(CheckLinkerFlag)

set(WEIR_HARDENED "$<CONFIG:Release,RelWithDebInfo,MinSizeRel>")

function(weir_harden target)
  foreach(flag -fstack-clash-protection -fcf-protection=return -mbranch-protection=standard -fno-plt)
    string(MAKE_C_IDENTIFIER "WEIR_HAS${flag}" known)
    check_cxx_compiler_flag(${flag} ${known})
    if(${known})
      target_compile_options(${target} INTERFACE $<${WEIR_HARDENED}:${flag}>)
    endif()
  endforeach()
  set(conducts "$<BOOL:$<TARGET_PROPERTY:WEIR_CONDUCTS>>")
  target_compile_options(${target} INTERFACE
    "$<${WEIR_HARDENED}:$<IF:${conducts},-fstack-protector,-fstack-protector-strong>>")
  # Not -fPIC, which shared libraries want: it keeps the compiler from inlining.
  target_compile_options(${target} INTERFACE $<${WEIR_HARDENED}:-fPIE>)
  target_link_options(${target} INTERFACE $<${WEIR_HARDENED}:-pie> $<${WEIR_HARDENED}:LINKER:-z,relro>
                                          $<${WEIR_HARDENED}:LINKER:-z,now> $<${WEIR_HARDENED}:LINKER:-z,noexecstack>)
  # Said for the start files of distributions, which are as good as ours but do not say so.
  check_linker_flag(CXX LINKER:-z,shstk,--fatal-warnings WEIR_HAS_z_shstk)
  if(WEIR_HAS_z_shstk AND WEIR_HAS_fcf_protection_return)
    target_link_options(${target} INTERFACE $<${WEIR_HARDENED}:LINKER:-z,shstk>)
  endif()
  # The C library warns of it in files that are not optimised.
  set(optimised "$<NOT:$<BOOL:$<TARGET_PROPERTY:WEIR_UNOPTIMISED>>>")
  target_compile_options(${target} INTERFACE
    "$<$<AND:${WEIR_HARDENED},${optimised}>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
endfunction()

# Rooms that hand packets and segments from one to the next: decoders, parsers and rules read the bytes in them.
function(weir_conducts)
  set_target_properties(${ARGN} PROPERTIES WEIR_CONDUCTS ON)
endfunction()
