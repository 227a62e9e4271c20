# Program, engine, completions.
install(TARGETS animalctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS animalctl_engine LIBRARY DESTINATION lib/animalctl)

foreach(shell bash zsh)
  set(script ${PROJECT_BINARY_DIR}/completion/animalctl.${shell})
  add_custom_command(
    OUTPUT ${script}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/completion
    COMMAND animalctl completion ${shell} > ${script}
    DEPENDS animalctl
    VERBATIM)
  list(APPEND completion_scripts ${script})
endforeach()
add_custom_target(animalctl_completion ALL DEPENDS ${completion_scripts})
install(FILES ${PROJECT_BINARY_DIR}/completion/animalctl.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME animalctl)
install(FILES ${PROJECT_BINARY_DIR}/completion/animalctl.zsh
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _animalctl)

# What cron and systemd timers call (deploy/).
install(PROGRAMS ${PROJECT_SOURCE_DIR}/scripts/retrain.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/animalctl/scripts)
