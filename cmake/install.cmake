# What 'cmake --install' puts where, below the prefix; paths as packages of Debian have them.
include(GNUInstallDirs)

# A copy of the unit that starts the program from where it is installed.
function(weir_install_unit unit)
  file(READ ${CMAKE_CURRENT_SOURCE_DIR}/examples/systemd/${unit} text)
  string(REPLACE "/usr/local/bin/weir" "${CMAKE_INSTALL_FULL_BINDIR}/weir" text "${text}")
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/generated/${unit} CONTENT "${text}" @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/generated/${unit} DESTINATION lib/systemd/system)
endfunction()

install(TARGETS weir RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES man/weir.1 man/weir-collect.1 man/weir-flows.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES man/weir.yaml.5 man/weir-rules.5 man/weir-store.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)

weir_install_unit(weir-detect@.service)
weir_install_unit(weir-prevent.service)
weir_install_unit(weir-collect.service)
install(FILES examples/systemd/weir.sysusers.conf DESTINATION lib/sysusers.d RENAME weir.conf)
install(FILES examples/systemd/weir.tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME weir.conf)

install(FILES examples/completion/weir.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME weir)
install(FILES examples/completion/_weir DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES examples/completion/weir.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# A configuration to begin with is an example here: whose it is under /etc, and what becomes of changes, a package knows.
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES examples/weir.yaml examples/logrotate.conf examples/MEASURING.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY examples/rules examples/captures DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(PROGRAMS examples/gateway/gateway.sh examples/gateway/demo.sh DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples/gateway)
