# -DWEB_DIR= -DNPM= -DSTAMP= -P InstallWebPackages.cmake: `npm ci` in WEB_DIR unless what package-lock.json asks for is
# installed already. Several build folders share one installation; a lock keeps them apart.
file(LOCK ${WEB_DIR}/.npm.lock GUARD PROCESS TIMEOUT 600)
file(SHA256 ${WEB_DIR}/package-lock.json wanted)
set(done ${WEB_DIR}/node_modules/.installed-for)
set(present "")
if(EXISTS ${done})
  file(READ ${done} present)
endif()
if(NOT present STREQUAL wanted)
  # Install scripts are other people's code and none of ours needs one.
  execute_process(COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
                  WORKING_DIRECTORY ${WEB_DIR} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "npm ci failed in web/ (it needs the network the first time); -DANIMALCTL_WITH_WEB=OFF builds without pages")
  endif()
  file(WRITE ${done} ${wanted})
endif()
file(TOUCH ${STAMP})
