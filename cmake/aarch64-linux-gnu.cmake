# Builds for AArch64 on another machine, with Debian's cross compiler and the libraries of arm64 beside those of the machine:
#
#   dpkg --add-architecture arm64 && apt-get update
#   apt-get install g++-aarch64-linux-gnu libpcap-dev:arm64 ...   (what packages.txt names under [build], libvectorscan-dev
#                                                                 in the place of libhyperscan-dev)
#   cmake --preset release -G Ninja -B build-arm64 --toolchain cmake/aarch64-linux-gnu.cmake
#
# tests/cross_build.sh does all that in a root of its own.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(ENV{PKG_CONFIG_LIBDIR} "/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig")
